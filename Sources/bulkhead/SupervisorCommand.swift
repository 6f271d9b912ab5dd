internal import Arguments
internal import Client
internal import JSONTree
internal import Plan
internal import Presentation
internal import Syscalls

/// Asks the supervisor, and prints what it answers.
///
/// - Returns: the exit status.
func ask(_ arguments: SupervisorArguments) -> Int32 {
    do throws(ClientError) {
        return try SupervisorCommand(arguments).run(arguments.request)
    } catch {
        report(error)
        return arguments.command.endsAsItsProgram ? error.programExitStatus : error.exitStatus
    }
}

/// One command that is answered by the supervisor.
struct SupervisorCommand {
    let socket: String
    let json: Bool
    let reason: StatedReason?

    init(_ arguments: SupervisorArguments) {
        socket = controlSocket(arguments.socket)
        json = arguments.json
        reason = arguments.reason
    }

    func run(_ request: SupervisorRequest) throws(ClientError) -> Int32 {
        switch request {
        case .projects(let namesOnly): return try listProjects(namesOnly: namesOnly)
        case .status(let target, let namesOnly):
            return try showStatus(of: target, namesOnly: namesOnly)
        case .processes(let project):
            return try show(
                "Processes", ["project": project.map { .string($0.text) }], as: processList)
        case .runs(let project, let limit):
            return try show(
                "Runs",
                ["project": project.map { .string($0.text) }, "limit": .integer(Int64(limit))],
                as: runList)
        case .logs(let request): return try printLogs(request)
        case .watch(let project): return try watch(project)
        case .change(let change, let target, let timeout):
            return try self.change(change, target, timeout)
        case .move(let move, let project): return try self.move(move, project)
        case .remove(let project, let withStorage):
            let reply = try act(
                "Remove",
                ["project": .string(project.text), "storage": withStorage ? true : nil])
            return answer(reply) { _ in "\(project) is removed\n" }
        case .register(let name, let path):
            let reply = try act("Register", ["name": .string(name.text), "path": .string(path)])
            return answer(reply) {
                "\(name) is registered: \(printable($0["file"]?.string ?? ""))\n"
            }
        case .discover(let paths, let depth, let registers):
            return try discover(paths, depth: depth, registers: registers)
        case .configuration(let action): return try configure(action)
        case .execute(let request): return try execute(request)
        case .attach(let target): return try attach(target)
        case .storage(let request): return try store(request)
        case .kill(let target, let run, let signal, let whole):
            return try kill(target, run, signal, whole)
        case .quota(let action): return try quota(action)
        case .schedule(let action): return try schedule(action)
        case .explain(let target):
            return try show(
                "Explain",
                [
                    "project": .string(target.project.text),
                    "workload": target.workload.map { .string($0.text) },
                ], as: explanation)
        case .explainRun(let run):
            return try show("Explain", ["run": .integer(Int64(run.rawValue))], as: explanation)
        case .stats(let project, let interval): return try stats(project, interval)
        case .top(let request): return try top(request)
        }
    }

    // MARK: What several of them do

    func call(
        _ method: String, _ parameters: JSON = [:], timeout: Milliseconds? = nil
    ) throws(ClientError) -> JSON {
        try Supervisor(at: socket).call(method, parameters, timeout: timeout)
    }

    /// As `call`, of a method that changes something: it is told why.
    func act(
        _ method: String, _ parameters: JSON = [:], timeout: Milliseconds? = nil
    ) throws(ClientError) -> JSON {
        try call(method, parameters.because(reason), timeout: timeout)
    }

    /// Prints a reply: as it is, or as the text that `view` makes of it.
    func answer(_ reply: JSON, _ view: (JSON) -> String) -> Int32 {
        say(json ? reply.text + "\n" : view(reply))
    }

    func show(
        _ method: String, _ parameters: JSON = [:], as view: (JSON, Medium) -> String
    ) throws(ClientError) -> Int32 {
        let reply = try call(method, parameters)
        return answer(reply) { view($0, standardOutput()) }
    }

    // MARK: Seeing

    private func listProjects(namesOnly: Bool) throws(ClientError) -> Int32 {
        let reply = try call("List")
        if namesOnly && !json { return say(projectNames(reply)) }
        return answer(reply) { projectList($0, on: standardOutput()) }
    }

    private func showStatus(of target: Target?, namesOnly: Bool) throws(ClientError) -> Int32 {
        guard let target else {
            if namesOnly { return say(serviceNames(try call("List")["projects"]?.array ?? [])) }
            return try show("Health", as: componentList)
        }
        let name = target.project.text
        let reply: JSON
        do throws(ClientError) {
            reply = try call("Show", ["project": .string(name)])
        } catch {
            // A project that has a component's name comes first.
            guard case .refused(name: "ProjectNotFound", _) = error, target.workload == nil,
                Self.components.contains(name)
            else { throw error }
            return try show("Health", ["component": .string(name)], as: componentList)
        }
        if namesOnly && !json { return say(serviceNames([reply["project"] ?? .null])) }
        if let service = target.workload?.text,
            !(reply["project"]?["services"]?.array ?? []).contains(where: {
                $0["name"]?.string == service
            })
        {
            throw .refused(
                name: "ServiceNotFound",
                ["project": .string(name), "service": .string(service)])
        }
        return answer(reply) {
            projectDetails(
                $0, service: target.workload?.text, now: realtimeNanoseconds() / 1_000_000,
                on: standardOutput())
        }
    }

    private static let components = [
        "supervisor", "ledger", "journal", "cgroups", "configuration", "audit", "denials",
    ]

    private func printLogs(_ request: LogsRequest) throws(ClientError) -> Int32 {
        let medium = standardOutput()
        let parameters: JSON = [
            "project": request.target.map { .string($0.project.text) },
            "workload": request.target?.workload.map { .string($0.text) },
            "run": request.run.map { .integer(Int64($0.rawValue)) },
            "lines": request.lines.map { .integer(Int64($0)) },
            "since_us": request.since.map { .integer($0.microseconds(before: medium.now)) },
            "follow": request.follow ? true : nil,
        ]
        let namesProject = request.target == nil
        let namesWorkload = request.target?.workload == nil
        return try stream("Logs", parameters) { reply in
            logLine(
                reply, namesProject: namesProject, namesWorkload: namesWorkload, on: medium)
        }
    }

    private func watch(_ project: ProjectName?) throws(ClientError) -> Int32 {
        let medium = standardOutput()
        return try stream("Watch", ["project": project.map { .string($0.text) }]) { reply in
            eventLine(reply, on: medium)
        }
    }

    /// Prints replies as they come; nil is none to print.
    func stream(
        _ method: String, _ parameters: JSON, _ view: (JSON) -> String?
    ) throws(ClientError) -> Int32 {
        var status: Int32 = 0
        try Supervisor(at: socket).stream(method, parameters) { reply in
            guard let text = json ? reply.text + "\n" : view(reply) else { return true }
            // Nobody reads any more: nothing more to do, as for `logs -f | head`.
            do throws(SystemCallError) {
                try write(allOf: Array(text.utf8), to: Stream.standardOutput.rawValue)
                return true
            } catch {
                status = error.errno == .EPIPE ? 0 : 1
                return false
            }
        }
        return status
    }

    // MARK: Changing

    /// What the supervisor needs to say that a wait was too long, before we do.
    private static let margin: UInt64 = 10_000

    private func change(
        _ change: SupervisorRequest.Change, _ target: Target, _ timeout: Milliseconds?
    ) throws(ClientError) -> Int32 {
        let method =
            switch change {
            case .start: "Start"
            case .stop: "Stop"
            case .restart: "Restart"
            }
        let reply = try act(
            method,
            [
                "project": .string(target.project.text),
                "service": target.workload.map { .string($0.text) },
                "wait": .bool(timeout != nil),
                "timeout_ms": timeout.map { .integer(Int64($0.count)) },
            ], timeout: timeout.map { Milliseconds($0.count + Self.margin) })
        return answer(reply) { "\(target) is \(printable($0["phase"]?.string ?? ""))\n" }
    }

    private func move(
        _ move: SupervisorRequest.Move, _ project: ProjectName
    ) throws(ClientError) -> Int32 {
        let method =
            switch move {
            case .pause: "Pause"
            case .resume: "Resume"
            case .maintain: "Maintain"
            case .archive: "Archive"
            }
        let reply = try act(method, ["project": .string(project.text)])
        return answer(reply) { "\(project) is \(printable($0["phase"]?.string ?? ""))\n" }
    }

    private func kill(
        _ target: Target, _ run: RunID?, _ signal: SignalNumber, _ whole: Bool
    ) throws(ClientError) -> Int32 {
        let reply = try act(
            "Kill",
            [
                "project": .string(target.project.text),
                "workload": target.workload.map { .string($0.text) },
                "run": run.map { .integer(Int64($0.rawValue)) },
                "signal": .integer(Int64(signal.rawValue)), "whole": whole ? true : nil,
            ])
        return answer(reply) {
            let count = $0["signalled"]?.integer ?? 0
            return "\(signal) to \(target): \(count) \(count == 1 ? "workload" : "workloads")\n"
        }
    }
}

/// The supervisor's socket: the one that is named, else the environment's, else the usual one.
func controlSocket(_ named: String?) -> String {
    named ?? environmentVariable("BULKHEAD_SOCKET") ?? "/run/bulkhead/control.sock"
}

extension LogTime {
    /// Since the epoch.
    func microseconds(before now: Int64) -> Int64 {
        switch self {
        case .ago(let span): return now - Int64(span.count) * 1_000
        case .local(let year, let month, let day, let hour, let minute, let second):
            return LocalTime(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second
            ).secondsSinceEpoch * 1_000_000
        case .day(let after, let hour, let minute, let second):
            let today = LocalTime(secondsSinceEpoch: now / 1_000_000)
            // The day before the first is the last of the month before: mktime(3).
            return LocalTime(
                year: today.year, month: today.month, day: today.day + after, hour: hour,
                minute: minute, second: second
            ).secondsSinceEpoch * 1_000_000
        case .epoch(let seconds): return seconds * 1_000_000
        }
    }
}
