internal import Audit
internal import JSONTree
internal import Launch
internal import Ledger
internal import Plan
internal import Supervision
internal import SupervisorInterface
internal import Syscalls
internal import Varlink

/// The methods of the interface, each a function.
extension Supervisor {
    func serve(_ server: VarlinkServer) {
        var kinds: [String: AuditKind] = [:]
        func method(_ name: String, _ body: @escaping (Call) throws -> Void) {
            server.handle(ControlInterface.full(name)) { call in
                do { try body(call) } catch { call.fail(Failure(error)) }
            }
        }
        func action(_ name: String, _ kind: AuditKind, _ body: @escaping (Call) throws -> Void) {
            kinds[ControlInterface.full(name)] = kind
            server.handle(ControlInterface.full(name)) { [unowned self] call in
                serveAction(call, kind, body)
            }
        }
        method("List") { [unowned self] call in
            call.reply(["projects": .array(fleet.views.map(json))])
        }
        method("Show") { [unowned self] call in
            let project = try projectName(call)
            guard let view = fleet.view(of: project) else {
                throw Failure.projectNotFound(project, self)
            }
            call.reply(["project": json(view)])
        }
        method("Health") { [unowned self] call in try health(call) }
        action("Start", .controlStart) { [unowned self] call in try command(call, .start, .ready) }
        action("Stop", .controlStop) { [unowned self] call in try command(call, .stop, .stopped) }
        action("Restart", .controlRestart) { [unowned self] call in
            try command(call, .restart, .ready)
        }
        action("Pause", .controlPause) { [unowned self] call in try command(call, .pause, .exists) }
        action("Resume", .controlResume) { [unowned self] call in
            try command(call, .resume, .exists)
        }
        action("Maintain", .controlMaintain) { [unowned self] call in
            try command(call, .maintain, .exists)
        }
        action("Archive", .controlArchive) { [unowned self] call in
            try command(call, .archive, .exists)
        }
        action("Remove", .controlRemove) { [unowned self] call in try remove(call) }
        action("Register", .controlRegister) { [unowned self] call in try register(call) }
        method("QuotaShow") { [unowned self] call in try showQuotas(call) }
        action("QuotaSet", .controlQuotaSet) { [unowned self] call in try setQuota(call) }
        method("QuotaHistory") { [unowned self] call in try quotaHistory(call) }
        serveSchedule(method, action)
        action("Execute", .controlExecute) { [unowned self] call in try execute(call) }
        method("Wait") { [unowned self] call in try waitForRun(call) }
        action("Attach", .controlAttach) { [unowned self] call in try attach(call) }
        action("Kill", .controlKill) { [unowned self] call in try kill(call) }
        method("Processes") { [unowned self] call in try processes(call) }
        method("Runs") { [unowned self] call in try listRuns(call) }
        method("Logs") { [unowned self] call in try logs(call) }
        method("Explain") { [unowned self] call in try explain(call) }
        method("Watch") { [unowned self] call in try watch(call) }
        method("Stats") { [unowned self] call in try stats(call) }
        method("StorageShow") { [unowned self] call in try showStorage(call) }
        method("StorageDiff") { [unowned self] call in try diff(call) }
        action("StorageCommit", .controlStorageCommit) { [unowned self] call in try commit(call) }
        action("StorageDiscard", .controlStorageDiscard) { [unowned self] call in try discard(call)
        }
        action("SnapshotCreate", .controlSnapshotCreate) { [unowned self] call in
            try createSnapshot(call)
        }
        method("SnapshotList") { [unowned self] call in try listSnapshots(call) }
        action("SnapshotRestore", .controlSnapshotRestore) { [unowned self] call in
            try restoreSnapshot(call)
        }
        action("SnapshotRemove", .controlSnapshotRemove) { [unowned self] call in
            try removeSnapshot(call)
        }
        action("Rescue", .controlRescue) { [unowned self] call in try rescue(call) }
        method("ConfigurationPlan") { [unowned self] call in try planConfiguration(call) }
        action("ConfigurationApply", .controlConfigurationApply) { [unowned self] call in
            try applyConfiguration(call)
        }
        method("ConfigurationHistory") { [unowned self] call in try configurationHistory(call) }
        action("ConfigurationRollback", .controlConfigurationRollback) { [unowned self] call in
            try rollBackConfiguration(call)
        }
        action("ProfileChange", .controlProfile) { [unowned self] call in try changeProfile(call) }
        server.onRefusal = { [unowned self, kinds] request, peer, error in
            if let kind = kinds[request.method] { noteRefusal(of: request, kind, by: peer, error) }
        }
    }

    /// A verb for a project or one of its services; written down before it is acknowledged.
    private func command(_ call: Call, _ verb: Verb, _ goal: Waiter.Goal) throws {
        let project = try projectName(call)
        let service = try call.parameters["service"]?.string.map { text throws(InvalidValue) in
            try WorkloadName(text)
        }
        try request(.requested(verb, project, service: service, by: call.peer.user)) { _ in }
        spareIfLifted(project)
        let waits = call.parameters["wait"]?.bool ?? false
        wait(call, for: waits ? goal : .exists, of: project, service)
    }

    func projectName(_ call: Call, _ key: String = "project") throws(InvalidValue) -> ProjectName {
        try ProjectName(call.parameters[key]?.string ?? "")
    }

    /// What is somebody's only as long as they are there is nothing to a caller whose end is not heard of.
    ///
    /// - Parameter reason: why it takes somebody who waits.
    func refuseOneway(_ call: Call, _ reason: String) throws(Failure) {
        if call.isOneway {
            throw .failed("\(reason), and this call wants none", hint: "call it without `oneway`")
        }
    }

    func optionalProjectName(_ call: Call) throws(InvalidValue) -> ProjectName? {
        guard let text = call.parameters["project"]?.string else { return nil }
        return try ProjectName(text)
    }

    // MARK: Questions

    private func processes(_ call: Call) throws {
        let only = try optionalProjectName(call)
        if let only, fleet.view(of: only) == nil { throw Failure.projectNotFound(only, self) }
        var found: [JSON] = []
        for held in sandboxes.values.sorted(by: { $0.policy.name < $1.policy.name })
        where only == nil || held.policy.name == only {
            found += held.sandbox.processes().map { json($0, of: held.policy.name) }
        }
        call.reply(["processes": .array(found)])
    }

    private func json(_ process: SandboxProcess, of project: ProjectName) -> JSON {
        [
            "project": .string(project.text),
            "workload": .string(process.workload?.text ?? "init"),
            "run": process.run.map(JSON.number), "pid": .integer(Int64(process.pid)),
            "pid_inside": .integer(Int64(process.pidInside)),
            "uid": .integer(Int64(process.user)), "state": .string(process.state),
            "memory_bytes": .count(process.memory.count),
            "cpu_us": .count(process.cpuTime),
            "command": .string(process.command),
        ]
    }

    private func listRuns(_ call: Call) throws {
        let only = try optionalProjectName(call)
        let limit = call.parameters["limit"]?.integer ?? 20
        let rows = try ledger.runs(
            of: only, limit: Int(clamping: max(1, min(limit, 1_000))))
        call.reply(["runs": .array(rows.map(json))])
    }

    private func health(_ call: Call) throws {
        let all = components()
        guard let wanted = call.parameters["component"]?.string else {
            return call.reply(["components": .array(all.map(json))])
        }
        guard let found = all.first(where: { $0.name == wanted }) else {
            let near = nearest(to: wanted, in: all.map(\.name))
            throw InvalidValue(
                "component", wanted, "is not one of the supervisor's",
                hint: near.map { "did you mean \($0)?" })
        }
        call.reply(["components": .array([json(found)])])
    }

    private func json(_ component: Component) -> JSON {
        [
            "name": .string(component.name), "ok": .bool(component.isWell),
            "text": .string(component.text),
        ]
    }
}
