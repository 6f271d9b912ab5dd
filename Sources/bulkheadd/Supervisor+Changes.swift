internal import JSONTree
internal import Ledger
internal import Overlays
internal import Plan
internal import Supervision
internal import Syscalls
internal import Trees
internal import Varlink
internal import Volumes

/// What projects changed in overlays: `StorageDiff`, `StorageCommit` and `StorageDiscard`.
extension Supervisor {
    /// Of one call.
    private static let pathsMax = 256
    /// Of all of them: a command line holds more.
    private static let pathBytesMax = 65_536

    func diff(_ call: Call) throws {
        let volume = try overlay(call)
        let project = volume.project
        try refuseStorageTask(of: project)
        if helpers.count >= Self.readersMax {
            throw Failure.failed(
                "\(Self.readersMax) readers are at work already",
                hint: "wait until some have gone")
        }
        nextVolumeUse += 1
        let use = VolumeUse.caller(nextVolumeUse)
        openVolume(of: project, for: use) { [unowned self] result in
            do {
                guard try result.get() == volume else {
                    throw Failure.failed("the storage of \(project) has changed meanwhile")
                }
                try startDiff(call, volume, use)
            } catch {
                releaseVolume(of: project, use)
                call.fail(Failure(error))
            }
        }
    }

    private func startDiff(_ call: Call, _ volume: ProjectVolume, _ use: VolumeUse) throws {
        let program = try host.storageHelper()
        guard let connection = call.takeOver() else {
            throw Failure.failed("replies to earlier calls are still to be read")
        }
        let child = try spawnProgram(
            program, arguments: ["bulkhead-storage", "diff"] + volume.arguments(options),
            environment: [], descriptors: [nil, nil, 2, connection.number])
        try reapLater(child) { [unowned self] in releaseVolume(of: volume.project, use) }
    }

    func commit(_ call: Call) throws {
        let volume = try stoppedOverlay(call)
        let project = volume.project
        let isForced = call.parameters["force"]?.bool ?? false
        let paths = try paths(call)
        let (actor, action) = (call.peer.user, action)
        let task = StorageTask(project, "commit") { [unowned self] result in
            if case .success(let reply) = result {
                tell(
                    project, "storage.committed",
                    "\(reply["committed"]?.integer ?? 0) changes were committed by uid \(actor)")
            }
            answer(call, action, result)
        }
        try startStorageTask(
            task, "commit", [isForced ? "force" : ""] + paths, on: volume, being: .up)
    }

    func discard(_ call: Call) throws {
        let volume = try stoppedOverlay(call)
        let project = volume.project
        let paths = try paths(call)
        let (actor, action) = (call.peer.user, action)
        let task = StorageTask(project, "discard") { [unowned self] result in
            if case .success = result {
                let what = paths.isEmpty ? "all changes" : "changes at \(paths.count) paths"
                tell(project, "storage.discarded", "\(what) were discarded by uid \(actor)")
            }
            answer(call, action, result)
        }
        try startStorageTask(task, "discard", paths, on: volume, being: .up)
    }

    /// Records it where an action failed; that it was done has a record of its own by now.
    func answer(_ call: Call, _ action: ControlAction?, _ result: Result<JSON, Failure>) {
        switch result {
        case .success(let reply): call.reply(reply)
        case .failure(let failure):
            if let action { refuse(action, failure) }
            call.fail(failure)
        }
    }

    func tell(_ project: ProjectName, _ kind: String, _ text: String) {
        note(Report(project: project, severity: .notice, kind: kind, text: text))
    }

    private func paths(_ call: Call) throws -> [String] {
        let paths = call.parameters["paths"]?.strings ?? []
        if paths.count > Self.pathsMax {
            throw InvalidValue("paths", String(paths.count), "are more than \(Self.pathsMax)")
        }
        if paths.reduce(0, { $0 + $1.utf8.count }) > Self.pathBytesMax {
            throw InvalidValue("paths", String(paths.count), "are longer than fits in all")
        }
        for path in paths { _ = try TreePath(parsing: path) }
        return paths
    }

    // MARK: Which volume

    /// A project's storage as it is known; nil: its directory is used as it is, and nothing is known.
    func storage(of project: ProjectName) throws -> ProjectVolume? {
        guard let policy = fleet.policy(of: project) else {
            throw Failure.projectNotFound(project, self)
        }
        guard let record = try ledger.volume(of: project, isOwn: policy.storage == .direct) else {
            return nil
        }
        return ProjectVolume(
            project, policy.storage, record.kind, path: policy.path,
            projectID: record.projectID == 0 ? nil : record.projectID, in: volumePlaces)
    }

    /// The volume of a project with `storage: overlay`.
    private func overlay(_ call: Call) throws -> ProjectVolume {
        let project = try projectName(call)
        let volume = try storage(of: project)
        let form = fleet.policy(of: project)?.storage ?? .direct
        if form != .overlay {
            throw Failure.failed(
                "\(project) has no changes apart from its directory: its storage is \(form.rawValue)",
                hint: "with storage: overlay they are kept apart")
        }
        guard let volume else {
            throw Failure.failed(
                "\(project) has changed nothing yet: it has no volume",
                hint: "it gets one when it starts: bulkhead start \(project)")
        }
        if volume.kind == .tmpfs && sandboxes[project] == nil {
            throw Failure.failed(
                "the changes of \(project) were in memory and ended with its sandbox",
                hint: "set volume_kind: image to keep them")
        }
        return volume
    }

    private func stoppedOverlay(_ call: Call) throws -> ProjectVolume {
        let volume = try overlay(call)
        try refuseRunning(volume.project, "its overlay must not be changed while it is in use")
        return volume
    }

    /// Refuses what is only done to a project that is stopped.
    func refuseRunning(_ project: ProjectName, _ reason: String) throws(Failure) {
        let phase = fleet.view(of: project)?.phase ?? .stopped
        let isIdle: Bool
        switch phase {
        case .stopped, .archived, .failed, .initializing, .paused: isIdle = true
        case .starting, .active, .maintenance, .stopping: isIdle = false
        }
        if isIdle && sandboxes[project] == nil && endings[project] == nil { return }
        throw .wrongPhase(
            project, phase.rawValue, "\(project) is \(phase.rawValue), and \(reason)",
            hint: "stop it first: bulkhead stop \(project)")
    }
}
