internal import JSONTree
internal import Launch
internal import Plan
internal import Supervision
internal import Syscalls
internal import Varlink

/// Somebody who hears of everything that happens, or of one project.
final class Watcher {
    let call: Call
    let project: ProjectName?

    init(_ call: Call, _ project: ProjectName?) {
        self.call = call
        self.project = project
    }
}

/// `Watch` and `Logs`.
extension Supervisor {
    func watch(_ call: Call) throws {
        let project = try optionalProjectName(call)
        let watcher = Watcher(call, project)
        watchers.append(watcher)
        call.onHangUp { [unowned self, weak watcher] in watchers.removeAll { $0 === watcher } }
    }

    func tellWatchers(_ report: Report) {
        if watchers.isEmpty { return }
        let line: JSON = [
            "at_us": .integer(realtimeNanoseconds() / 1_000),
            "project": .string(report.project.text),
            "workload": report.service.map { .string($0.text) },
            "run": report.run.map(JSON.number),
            "severity": .integer(Int64(report.severity.rawValue)), "kind": .string(report.kind),
            "text": .string(report.text),
        ]
        for watcher in watchers where watcher.project == nil || watcher.project == report.project {
            watcher.call.reply(line, continues: true)
        }
    }

    /// Each is a process, whose connection the server counts no more.
    static let readersMax = 64

    /// A journal may be slow, so another process reads it: it gets the connection, and we are done.
    func logs(_ call: Call) throws {
        var arguments = ["bulkhead-logs"]
        if let project = try optionalProjectName(call) {
            guard fleet.view(of: project) != nil else {
                throw Failure.projectNotFound(project, self)
            }
            arguments += ["--project", project.text]
        }
        if let workload = call.parameters["workload"]?.string {
            arguments += ["--workload", try WorkloadName(workload).text]
        }
        for (name, option) in [("run", "--run"), ("lines", "--lines"), ("since_us", "--since-us")] {
            guard let number = call.parameters[name]?.integer else { continue }
            if number < 0 { throw InvalidValue(name, String(number), "is negative") }
            arguments += [option, String(number)]
        }
        if call.parameters["follow"]?.bool ?? false { arguments.append("--follow") }
        if helpers.count >= Self.readersMax {
            throw Failure.failed(
                "\(Self.readersMax) readers of logs are at work already",
                hint: "wait until some have gone, or use journalctl")
        }
        let program = try host.logReader()
        guard let connection = call.takeOver() else {
            throw Failure.failed("replies to earlier calls are still to be read")
        }
        let child = try spawnProgram(
            program, arguments: arguments, environment: [],
            descriptors: [nil, nil, 2, connection.number])
        try reapLater(child)
    }
}
