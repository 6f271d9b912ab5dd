internal import JSONTree
internal import Overlays
internal import Plan
internal import Supervision
internal import Syscalls
internal import Varlink
internal import Volumes

/// Snapshots of projects' storage: `SnapshotCreate`, `SnapshotList`, `SnapshotRestore`, `SnapshotRemove`.
extension Supervisor {
    /// A directory that is used as it is can be copied as well.
    func copied(_ project: ProjectName) throws -> ProjectVolume {
        if let volume = try storage(of: project) { return volume }
        guard let policy = fleet.policy(of: project), policy.storage == .direct else {
            throw Failure.failed(
                "\(project) has no storage yet",
                hint: "it is made when the project starts: bulkhead start \(project)")
        }
        return ProjectVolume(
            project, .direct, .directory, path: policy.path, projectID: nil, in: volumePlaces)
    }

    func listSnapshots(_ call: Call) throws {
        let volume = try copied(try projectName(call))
        // None was ever taken where there is no home.
        guard (try? open(volume.home, .path)) != nil else {
            return call.reply(["snapshots": []])
        }
        let all = try SnapshotStore(home: volume.home).list()
        call.reply(["snapshots": .array(all.map(json))])
    }

    private func json(_ snapshot: Snapshot) -> JSON {
        [
            "name": .string(snapshot.name.text), "form": .string(snapshot.form.rawValue),
            "taken_at_us": .integer(snapshot.takenAt / 1_000), "bytes": .count(snapshot.bytes),
        ]
    }

    /// Of a project that runs, with its processes frozen meanwhile.
    func createSnapshot(_ call: Call) throws {
        let volume = try copied(try projectName(call))
        let project = volume.project
        let now = realtimeNanoseconds() / 1_000_000
        let name = try WorkloadName(call.parameters["name"]?.string ?? "snapshot-\(now)")
        if endings[project] != nil || fleet.view(of: project)?.phase == .starting {
            throw Failure.failed(
                "\(project) is on its way up or down", hint: "try again in a moment")
        }
        let isUp = sandboxes[project] != nil
        let (actor, action) = (call.peer.user, action)
        let task = StorageTask(project, "snapshot") { [unowned self] result in
            thawStorage(volume)
            // The next supervisor does the same when it takes the sandbox over.
            handle(.held(project, false))
            guard case .success(let snapshot) = result else {
                return answer(call, action, result)
            }
            tell(project, "storage.snapshot", "snapshot \(name) was taken by uid \(actor)")
            call.reply(["snapshot": snapshot])
        }
        try refuseStorageTask(of: project)
        task.needsStillness = isUp
        try acceptAction()
        handle(.held(project, true))
        do {
            try startStorageTask(
                task, "snapshot", [name.text], on: volume,
                being: isUp && self.volume(of: project) != nil ? .up : nil)
        } catch {
            handle(.held(project, false))
            throw error
        }
    }

    /// What a helper may have left that was killed: mostly it is thawed already, or no file system of its
    /// own.
    func thawStorage(_ volume: ProjectVolume) {
        if volume.kind == .image { try? open(volume.root, .directory).thawFileSystem() }
    }

    /// At a start, before anything is done to a volume: for what waits for a frozen one waits for ever.
    func thawVolumes() {
        for project in host.mountedVolumes(volumePlaces) {
            try? open(volumePlaces.mountPoint(of: project), .directory).thawFileSystem()
        }
    }

    func restoreSnapshot(_ call: Call) throws {
        let volume = try copied(try projectName(call))
        let project = volume.project
        let name = try WorkloadName(call.parameters["name"]?.string ?? "")
        try refuseRunning(project, "its storage is in use")
        let kept = "before-restore-\(realtimeNanoseconds() / 1_000_000)"
        let (actor, action) = (call.peer.user, action)
        let task = StorageTask(project, "restore") { [unowned self] result in
            if case .success = result {
                tell(
                    project, "storage.restored",
                    "snapshot \(name) was restored by uid \(actor); what was there is \(kept)")
            }
            answer(call, action, result)
        }
        try startStorageTask(task, "restore", [name.text, kept], on: volume, being: .down)
    }

    func removeSnapshot(_ call: Call) throws {
        let volume = try copied(try projectName(call))
        let name = try WorkloadName(call.parameters["name"]?.string ?? "")
        let (actor, action) = (call.peer.user, action)
        let task = StorageTask(volume.project, "snapshot remove") { [unowned self] result in
            if case .success = result {
                tell(
                    volume.project, "storage.snapshot",
                    "snapshot \(name) was removed by uid \(actor)")
            }
            answer(call, action, result)
        }
        try startStorageTask(task, "forget", [name.text], on: volume, being: nil)
    }
}
