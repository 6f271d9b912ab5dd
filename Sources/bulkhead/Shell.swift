internal import Arguments
internal import Client
internal import JSONTree
internal import LineEditing
internal import Plan
internal import Syscalls

/// `bulkhead shell`: does what each line says, in a process of its own, so that no command has to leave
/// this one as it was.
///
/// - Returns: the exit status of the last line that was done.
func runShell() -> Int32 {
    do throws(SystemCallError) {
        return isTerminal(0) ? try runPrompt() : try runLines()
    } catch {
        report("\(error)", hint: nil)
        return 1
    }
}

private func runPrompt() throws(SystemCallError) -> Int32 {
    let names = KnownNames()
    let editor: LineEditor
    do throws(LineEditingError) {
        editor = try LineEditor(prompt: "bulkhead> ", historyPath: historyFile()) { line in
            complete(line, names)
        }
    } catch {
        report(error)
        return 1
    }
    var status: Int32 = 0
    while true {
        switch editor.next() {
        case .interrupted: write("\n", to: .standardOutput)
        case .end:
            write("\n", to: .standardOutput)
            return status
        case .text(let line):
            if line.utf8.allSatisfy({ $0 == UInt8(ascii: " ") }) { continue }
            editor.remember(line)
            switch try obey(line, input: 0) {
            case .done(let ended): status = ended
            case .nothing: continue
            case .leave: return status
            }
        }
    }
}

/// Lines of a file or a pipe.
private func runLines() throws(SystemCallError) -> Int32 {
    var input = LineReader(0)
    var status: Int32 = 0
    while let line = try input.next() {
        // The lines are ours and no command's to read.
        switch try obey(line, input: nil) {
        case .done(let ended): status = ended
        case .nothing: continue
        case .leave: return status
        }
    }
    return status
}

private enum LineOutcome {
    case nothing
    case done(Int32)
    case leave
}

/// Does what one line says.
///
/// - Parameter input: what the command reads; nil: nothing.
private func obey(_ line: String, input: CInt?) throws(SystemCallError) -> LineOutcome {
    var words: [String]
    do throws(InvalidValue) { words = try CommandLineWords(parsing: line).words } catch {
        report(error)
        return .done(2)
    }
    // By habit.
    if words.first == "bulkhead" { words.removeFirst() }
    guard let first = words.first, first.utf8.first != UInt8(ascii: "#") else { return .nothing }
    if first == "exit" || first == "quit" { return .leave }
    let child = try spawnProgram(
        "/proc/self/exe", arguments: ["bulkhead"] + words, environment: environmentAssignments(),
        descriptors: [input, 1, 2])
    switch try child.wait().status {
    case .exited(let code): return .done(code)
    case .killed(let signal, _): return .done(128 + signal)
    }
}

/// The file of the history, made where it is not there yet, for its owner only; nil where it cannot be.
private func historyFile() -> String? {
    let home = environmentVariable("HOME").flatMap { $0.isEmpty ? nil : $0 }
    let state = environmentVariable("XDG_STATE_HOME").flatMap { $0.isEmpty ? nil : $0 }
    guard let base = state ?? home.map({ "\($0)/.local/state" }),
        base.utf8.first == UInt8(ascii: "/")
    else { return nil }
    var path = ""
    for part in "\(base)/bulkhead".utf8.split(separator: UInt8(ascii: "/")) {
        let parent = path.isEmpty ? "/" : path
        path += "/" + String(Substring(part))
        // One that is there already is what is wanted; another reason shows at the file.
        try? Directory(opening: parent).makeDirectory(String(Substring(part)), mode: 0o700)
    }
    path += "/history"
    guard
        let file = try? open(
            path, [.writeOnly, .create, .noFollow, .append], mode: 0o600),
        let status = try? file.status(), status.kind == .regular
    else { return nil }
    return path
}
