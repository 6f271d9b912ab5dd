internal import Audit
internal import EventLoop
internal import Journal
internal import Launch
internal import Ledger
internal import Plan
internal import Quotas
internal import Supervision
internal import Syscalls
internal import Volumes

/// Volumes: brought up for whoever needs them, limited, and taken down after the last.
extension Supervisor {
    /// How many helpers work at the same time, over all projects: each may keep a disk busy.
    private static let helpersMax = 4
    /// Making a large image, or counting a large tree, on a slow disk.
    private static let helperMicrosecondsMax: Int64 = 900_000_000

    var volumePlaces: VolumePlaces { VolumePlaces(state: options.state, run: options.run) }

    /// The volume of a project while it is up.
    func volume(of project: ProjectName) -> ProjectVolume? { volumes[project]?.volume }

    // MARK: Up and down

    /// Brings a project's volume up, made where there is none yet, and keeps it until `releaseVolume`.
    ///
    /// - Parameter then: is called once, now or later, with the volume; nil: the project has none, its
    ///   directory is used as it is.
    func openVolume(
        of project: ProjectName, for use: VolumeUse,
        then: @escaping (Result<ProjectVolume?, any Error>) -> Void
    ) {
        do {
            guard let policy = effectivePolicy(of: project) else {
                throw Failure.projectNotFound(project, self)
            }
            let limits = diskLimits(of: policy)
            guard let record = try volumeRecord(for: policy, limits.disk, limits.inodes) else {
                return then(.success(nil))
            }
            let order = VolumeOrder(
                .open, record, form: policy.storage, path: policy.path, disk: limits.disk,
                inodes: limits.inodes, places: volumePlaces)
            enqueue(order) { [unowned self] error in
                do {
                    if let error { throw error }
                    try noteMade(record)
                    let held = heldVolume(of: project)
                    held.volume = order.volume
                    held.noteLimits(order.disk, order.inodes)
                    held.uses.insert(use)
                    then(.success(order.volume))
                } catch { then(.failure(error)) }
            }
        } catch { then(.failure(error)) }
    }

    /// It is not needed for this any more; after the last it is taken down.
    func releaseVolume(of project: ProjectName, _ use: VolumeUse) {
        guard let held = volumes[project], held.uses.remove(use) != nil else { return }
        takeDownIfUnused(project)
    }

    private func takeDownIfUnused(_ project: ProjectName) {
        guard let held = volumes[project], held.uses.isEmpty, let volume = held.volume else {
            return
        }
        // Somebody waits for it to be up: then it may as well stay.
        if held.waiting.contains(where: { $0.order.verb == .open }) { return }
        held.volume = nil
        if volume.root == volumePlaces.mountPoint(of: project) { return close(volume) }
        removeIfDue(project)
        forgetIfIdle(project)
    }

    private func close(_ volume: ProjectVolume) {
        let record = VolumeRecord(
            project: volume.project, kind: volume.kind, state: .made, projectID: 0,
            identity: "", path: volume.home, madeAt: 0)
        let order = VolumeOrder(
            .close, record, form: volume.form, path: volume.path, disk: nil, inodes: nil,
            places: volumePlaces)
        enqueue(order) { [unowned self] error in
            if let error { journal.report(error) }
        }
    }

    // MARK: Limits

    /// What the project's files may take up, and how many they may be.
    private func diskLimits(of policy: ProjectPolicy) -> (disk: Bytes?, inodes: UInt64?) {
        (policy.limits.disk, policy.limits.inodes)
    }

    /// How much of its volume a project uses; nil where nobody counts, or it is not up.
    func diskUsage(of project: ProjectName) -> DiskUsage? {
        // One that cannot be asked has been taken away behind our back; the next use of it says so.
        (try? volumes[project]?.volume?.usage()) ?? nil
    }

    /// Of every project whose disk limits can be changed now.
    ///
    /// - Parameter isMeasured: whether to say what is used; else whoever changes the limits finds out.
    func storageUse(isMeasured: Bool) throws(LedgerError) -> [ProjectName: QuotaGround.Storage] {
        var result: [ProjectName: QuotaGround.Storage] = [:]
        // One that is down has the limits of then when it comes up again.
        for record in try ledger.volumes()
        where record.state == .made && record.kind != .directory
            && sandboxes[record.project] == nil
            && (fleet.policy(of: record.project)?.storage == .direct) == record.isOwn
        {
            result[record.project] = QuotaGround.Storage(used: Bytes(0), inodesUsed: 0, largest: [])
        }
        for project in volumes.keys {
            guard let usage = diskUsage(of: project) else { continue }
            result[project] = QuotaGround.Storage(
                used: Bytes(isMeasured ? usage.bytes : 0),
                inodesUsed: isMeasured ? usage.inodes : 0, largest: [])
        }
        return result
    }

    /// Puts the disk limits of a live project in force where they are others; what cannot be is told
    /// later, and tried again.
    func limitStorage(of policy: ProjectPolicy) {
        let project = policy.name
        let limits = diskLimits(of: policy)
        // As long as more than that is used, trying again would only be work.
        if volumes[project]?.refusal != nil, let used = diskUsage(of: project),
            limits.disk.map({ $0.count < used.bytes }) ?? false
                || limits.inodes.map({ $0 < used.inodes }) ?? false
        {
            return
        }
        setVolumeLimits(of: project, disk: limits.disk, inodes: limits.inodes) {
            [unowned self] error in
            guard let error else { return }
            volumes[project]?.refusal = host.text(error)
            refuse(project, host.text(error))
        }
    }

    /// Changes the limits of a project's storage while it is up: more at once, less only where so much is
    /// free. Of one that is not up nothing has to be changed: it comes up with the limits of then.
    ///
    /// - Parameter then: is called once, now or later; nil: they are in force.
    func setVolumeLimits(
        of project: ProjectName, disk: Bytes?, inodes: UInt64?,
        then: @escaping ((any Error)?) -> Void
    ) {
        guard let held = volumes[project], let volume = held.volume else {
            if sandboxes[project] == nil || disk == nil && inodes == nil { return then(nil) }
            return then(
                VolumeError.outOfReach(
                    limit: disk == nil ? "inodes" : "disk",
                    wanted: disk.map { "\($0)" } ?? inodes.map { "\($0)" } ?? "",
                    reason: "\(project) runs in a directory that is not counted",
                    hint: "write it into its configuration and restart it"))
        }
        if !held.isBeingLimited {
            if held.disk == disk && held.inodes == inodes { return then(nil) }
            // Mostly that is one call to the kernel. What it refuses takes a look at the files.
            if volume.kind == .projectQuota,
                (try? volume.setQuota(disk: disk, inodes: inodes)) != nil
            {
                held.noteLimits(disk, inodes)
                return then(nil)
            }
        }
        do {
            guard
                let record = try ledger.volume(of: project, isOwn: volume.form == .direct)
            else { throw VolumeError.interrupted(reason: "the ledger does not know it") }
            let order = VolumeOrder(
                .limit, record, form: volume.form, path: volume.path, disk: disk, inodes: inodes,
                places: volumePlaces)
            enqueue(order) { [unowned self] error in
                if error == nil {
                    heldVolume(of: project).noteLimits(disk, inodes)
                }
                then(error)
            }
        } catch { then(error) }
    }

    // MARK: Records

    /// The record of the volume that this policy needs, written down before anything is made; nil: none.
    private func volumeRecord(
        for policy: ProjectPolicy, _ disk: Bytes?, _ inodes: UInt64?
    ) throws -> VolumeRecord? {
        let project = policy.name
        let isOwn = policy.storage == .direct
        let existing = try ledger.volume(of: project, isOwn: isOwn)
        let kind = try host.volumeChoice(
            policy, existing: existing, disk: disk, inodes: inodes, volumePlaces
        ).decide()
        if existing?.state == .removing {
            throw VolumeError.interrupted(reason: "what it stored is being deleted")
        }
        if isOwn {
            if let existing, kind == nil || existing.path != policy.path { release(existing) }
        }
        guard let kind else { return nil }
        if let existing, existing.path == policy.path || !isOwn { return existing }
        let place = isOwn ? policy.path : volumePlaces.homes
        let record = VolumeRecord(
            project: project, kind: kind, state: .making,
            projectID: kind == .projectQuota || kind == .image
                ? try newProjectID(onFileSystemOf: isOwn ? place : options.state) : 0,
            identity: isOwn ? "" : host.newIdentity(),
            path: isOwn ? place : volumePlaces.home(of: project), madeAt: realtimeNanoseconds())
        try save(record)
        return record
    }

    private func save(_ record: VolumeRecord) throws(LedgerError) {
        try ledger.transaction(.power) { changes throws(LedgerError) in try changes.save(record) }
    }

    private func noteMade(_ record: VolumeRecord) throws(LedgerError) {
        if record.state == .made { return }
        var made = record
        made.state = .made
        try save(made)
    }

    /// Another ledger's projects may be on the same file system.
    private func newProjectID(onFileSystemOf path: String) throws -> UInt32 {
        for _ in 0..<Self.projectIDsTried {
            let id = try ledger.transaction(.power) { changes throws(LedgerError) in
                try changes.reserveProjectID()
            }
            if try host.isUnused(projectID: id, onFileSystemOf: path) { return id }
        }
        throw Failure.failed(
            "\(Self.projectIDsTried) project ids in a row are in use on the file system of \(path)",
            hint: "see who uses them: repquota -P, or xfs_quota -x -c 'report -p'")
    }

    private static let projectIDsTried = 1_024

    /// Lets the files of a project's directory count for nobody again.
    private func release(_ record: VolumeRecord) {
        let order = VolumeOrder(
            .release, record, form: .direct, path: record.path, disk: nil, inodes: nil,
            places: volumePlaces)
        enqueue(order) { [unowned self] error in
            if let error { return journal.report(error) }
            do throws(LedgerError) {
                // Unless it is counted again, for another directory.
                guard try ledger.volume(of: record.project, isOwn: true) == record else { return }
                try ledger.transaction(.process) { changes throws(LedgerError) in
                    try changes.removeVolume(of: record.project, isOwn: true)
                }
            } catch { journal.report(error) }
        }
    }

    // MARK: Starting again

    /// After a start: volumes of sandboxes that live are checked, all others are taken down.
    func reconcileVolumes() {
        for project in sandboxes.keys.sorted() {
            openVolume(of: project, for: .sandbox) { [unowned self] result in
                if case .failure(let error) = result {
                    keepAsItIs(project, host.text(error))
                    note(
                        Report(
                            project: project, severity: .error, kind: "volume.failed",
                            text: "its storage is not as it should be: \(host.text(error))"))
                }
                // It may have ended meanwhile.
                if sandboxes[project] == nil { releaseVolume(of: project, .sandbox) }
            }
        }
        for project in host.mountedVolumes(volumePlaces) where sandboxes[project] == nil {
            // Whatever it is, it is at our place and nobody uses it.
            close(
                ProjectVolume(
                    project, .volume, .image, path: "", projectID: nil, in: volumePlaces))
        }
        do throws(LedgerError) {
            for record in try ledger.volumes() where record.state == .removing { remove(record) }
        } catch { journal.report(error) }
    }

    /// A sandbox goes on with the volume that it has, whatever became of that; it is taken down after it.
    private func keepAsItIs(_ project: ProjectName, _ reason: String) {
        guard let volume = (try? storage(of: project)) ?? nil else { return }
        let held = heldVolume(of: project)
        held.volume = volume
        held.uses.insert(.sandbox)
        held.refusal = reason
    }

    // MARK: Removing

    /// Deletes what a project stored in volumes, once nobody uses it; its own directory stays, and counts
    /// for nobody any more.
    func removeStorage(of project: ProjectName) throws {
        for isOwn in [true, false] {
            guard var record = try ledger.volume(of: project, isOwn: isOwn) else { continue }
            record.state = .removing
            try save(record)
            remove(record)
        }
    }

    private func remove(_ record: VolumeRecord) {
        // A sandbox that is still ending has it: again when it is released, or at the next start.
        if volumes[record.project]?.volume != nil { return }
        let order = VolumeOrder(
            .remove, record, form: record.isOwn ? .direct : .volume, path: record.path, disk: nil,
            inodes: nil, places: volumePlaces)
        enqueue(order) { [unowned self] error in
            if let error {
                return note(
                    Report(
                        project: record.project, severity: .error, kind: "volume.failed",
                        text: "what it stored could not be deleted, and will be at the next start: "
                            + host.text(error)))
            }
            do throws(LedgerError) {
                try ledger.transaction(.process) { changes throws(LedgerError) in
                    try changes.removeVolume(of: record.project, isOwn: record.isOwn)
                    try changes.append(
                        AuditEntry(
                            .storageRemoved, "what it stored was deleted", project: record.project))
                }
            } catch { journal.report(error) }
        }
    }

    // MARK: Helpers

    private func heldVolume(of project: ProjectName) -> HeldVolume {
        if let held = volumes[project] { return held }
        let held = HeldVolume()
        volumes[project] = held
        return held
    }

    private func forgetIfIdle(_ project: ProjectName) {
        if let held = volumes[project], held.isIdle, held.volume == nil { volumes[project] = nil }
    }

    private func enqueue(_ order: VolumeOrder, then: @escaping (VolumeError?) -> Void) {
        heldVolume(of: order.record.project).waiting.append(.init(order: order, then: then))
        startHelpers()
    }

    /// Starts what waits, as far as there may be helpers.
    private func startHelpers() {
        var free = Self.helpersMax - volumes.values.count { $0.running != nil }
        for project in volumes.keys.sorted() {
            guard free > 0 else { return }
            guard let held = volumes[project], held.running == nil, !held.waiting.isEmpty else {
                continue
            }
            free -= 1
            start(held.waiting.removeFirst(), held, project)
        }
    }

    private func start(_ job: HeldVolume.Job, _ held: HeldVolume, _ project: ProjectName) {
        do throws(SystemCallError) {
            // Ourselves: also where a package has just put another program in our place.
            let helper = try AskedHelper.start(
                loop, "/proc/self/exe", ["bulkheadd", "--volume"] + job.order.arguments,
                environment: host.helperEnvironment, .output, limit: Self.helperMicrosecondsMax
            ) { [unowned self] _ in helperEnded(project) }
            held.running = (job, helper)
        } catch {
            job.then(.failed(error))
            forgetIfIdle(project)
        }
    }

    private func helperEnded(_ project: ProjectName) {
        guard let held = volumes[project], let (job, helper) = held.running else { return }
        held.running = nil
        job.then(VolumeOutcome.error(of: helper))
        takeDownIfUnused(project)
        // What could not be removed is left to the next start.
        if job.order.verb == .close { removeIfDue(project) }
        forgetIfIdle(project)
        startHelpers()
    }

    private func removeIfDue(_ project: ProjectName) {
        guard let held = volumes[project], held.isIdle, held.volume == nil else { return }
        do throws(LedgerError) {
            for isOwn in [true, false] {
                guard let record = try ledger.volume(of: project, isOwn: isOwn),
                    record.state == .removing
                else { continue }
                remove(record)
            }
        } catch { journal.report(error) }
    }
}

extension VolumeOutcome {
    /// After the helper has ended: what came of its order.
    fileprivate static func error(of helper: AskedHelper) -> VolumeError? {
        let (end, said) = helper.outcome()
        let status: Int32 =
            switch end {
            case .exited(let code)?: code
            case .killed(let signal, _)?: 128 + signal
            case nil: -1
            }
        return error(status: status, said: said)
    }
}
