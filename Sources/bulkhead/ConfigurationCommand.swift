internal import Arguments
internal import Client
internal import JSONTree
internal import Plan
internal import Presentation
internal import Syscalls

extension SupervisorCommand {
    /// `bulkhead config`.
    func configure(_ action: ConfigurationAction) throws(ClientError) -> Int32 {
        switch action {
        case .check(let directory): return checkConfiguration(in: directory)
        case .diff, .apply(planOnly: true):
            return try show("ConfigurationPlan") { changeList($0, isPlan: true, on: $1) }
        case .apply(planOnly: false):
            let parameters: JSON = [:]
            return try show("ConfigurationApply", parameters.because(reason)) {
                changeList($0, isPlan: false, on: $1)
            }
        case .history(let limit):
            return try show(
                "ConfigurationHistory", ["limit": .integer(Int64(limit))], as: versionList)
        case .rollback(let version, let planOnly):
            let parameters: JSON = [
                "version": .integer(Int64(version)), "plan": planOnly ? true : nil,
            ]
            return try show("ConfigurationRollback", parameters.because(reason)) {
                changeList($0, isPlan: planOnly, on: $1)
            }
        }
    }

    /// Lets the supervisor's program read the files; the supervisor itself need not run.
    private func checkConfiguration(in directory: String?) -> Int32 {
        var words = ["--check"]
        if let directory { words += ["--config", directory] }
        if json { words.append("--json") }
        return runProgram("bulkheadd", at: installation().supervisorCandidates, words)
    }
}

/// Runs another program of ours, whose exit status becomes ours.
func runProgram(_ name: String, at candidates: [String], _ words: [String]) -> Int32 {
    do throws(SystemCallError) {
        for path in candidates {
            guard (try? FileStatus(path: path)) != nil else { continue }
            let child = try spawnProgram(
                path, arguments: [path] + words, environment: environmentAssignments(),
                descriptors: [0, 1, 2])
            switch try child.wait().status {
            case .exited(let code): return code
            case .killed(let signal, _): return 128 + signal
            }
        }
    } catch {
        report("\(quoted(error.target)) cannot be executed: \(error.errno)", hint: nil)
        return 1
    }
    report(
        "\(name) is missing: looked for it at \(candidates.spaced)",
        hint: "build or install it: scripts/build, scripts/install")
    return 1
}

extension [String] {
    fileprivate var spaced: String {
        var text = ""
        for word in self { text += (text.isEmpty ? "" : ", ") + word }
        return text
    }
}
