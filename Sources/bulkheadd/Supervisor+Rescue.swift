internal import JSONTree
internal import Journal
internal import Plan
internal import Supervision
internal import Syscalls
internal import Varlink
internal import Volumes

/// A project that was full has a little more room, for as long as whoever asked for it stays connected.
///
/// Nothing of it is written down: a supervisor that starts sets every volume to its configured limits.
final class Rescue {
    let project: ProjectName
    let volume: ProjectVolume
    let use: VolumeUse
    var grace: UInt64 = 0
    /// Whether the limits are others than they were: of the inodes alone, without any bytes, too.
    var isRaised = false
    /// Callers that wait until the limits are as they were.
    var waiting: [Call] = []
    var isEnding = false

    init(_ volume: ProjectVolume, _ use: VolumeUse) {
        project = volume.project
        self.volume = volume
        self.use = use
    }
}

/// `Rescue`.
extension Supervisor {
    private static let graceBytesMin: UInt64 = 16 << 20
    private static let graceInodesMin: UInt64 = 1_024
    private static let graceInodesOfImage: UInt64 = 32
    /// Of the limit.
    private static let gracePercent: UInt64 = 2

    func rescue(_ call: Call) throws {
        let project = try projectName(call)
        let volume = try copied(project)
        if call.parameters["on"]?.bool == false {
            try acceptAction()
            return endRescue(of: project, call)
        }
        try refuseOneway(call, "the room is there for as long as its caller waits for the reply")
        try fleet.canExecute(in: project)
        if rescues[project] != nil {
            throw Failure.failed(
                "\(project) is being rescued already", hint: "wait until that shell has ended")
        }
        nextVolumeUse += 1
        let rescue = Rescue(volume, .caller(nextVolumeUse))
        let action = action
        let task = StorageTask(project, "rescue") { [unowned self] result in
            guard case .success(let reply) = result else {
                finish(rescue)
                return answer(call, action, result)
            }
            giveGrace(rescue, call, reply["largest"] ?? [])
        }
        let isCounted = self.volume(of: project) != nil
        try startStorageTask(task, "largest", [], on: volume, being: isCounted ? .up : nil)
        rescues[project] = rescue
        call.onHangUp { [unowned self] in endRescue(of: project, nil) }
    }

    /// A little above what is used, or above the limit where that is more.
    private func giveGrace(_ rescue: Rescue, _ call: Call, _ largest: JSON) {
        let held = volumes[rescue.project]
        guard !rescue.isEnding, canGoBack(rescue.volume), held?.volume != nil,
            held?.disk != nil || held?.inodes != nil
        else { return tell(rescue, call, largest) }
        openVolume(of: rescue.project, for: rescue.use) { [unowned self] result in
            guard case .success(let found) = result, found != nil, !rescue.isEnding else {
                return tell(rescue, call, largest)
            }
            let inodes = volumes[rescue.project]?.inodes
            raise(rescue, to: inodes.map { Self.moreInodes($0, in: rescue.volume) }, call) {
                [unowned self] error in
                if error == nil { return tell(rescue, call, largest) }
                // An image that has not so many is made larger nevertheless.
                raise(rescue, to: inodes, call) { [unowned self] error in
                    if let error { journal.report(host.diagnosis(of: error)) }
                    tell(rescue, call, largest)
                }
            }
        }
    }

    /// An image is made with a few more than its limit, and gets no more of them by a little more room.
    private static func moreInodes(_ limit: UInt64, in volume: ProjectVolume) -> UInt64 {
        if volume.kind == .image { return limit + graceInodesOfImage }
        return limit + max(graceInodesMin, limit / 100 * gracePercent)
    }

    private func raise(
        _ rescue: Rescue, to inodes: UInt64?, _ call: Call, then: @escaping ((any Error)?) -> Void
    ) {
        let before = volumes[rescue.project]?.disk
        let disk = before.map { limit in
            limit.count + max(Self.graceBytesMin, limit.count / 100 * Self.gracePercent)
        }
        setVolumeLimits(of: rescue.project, disk: disk.map { Bytes($0) }, inodes: inodes) {
            [unowned self] error in
            if error == nil {
                rescue.isRaised = true
                rescue.grace = (disk ?? 0) - (before?.count ?? 0)
                tell(
                    rescue.project, "storage.rescue",
                    "its storage has a little more room for a rescue by uid \(call.peer.user)")
            }
            then(error)
        }
    }

    /// An image in which nothing is counted can be made larger while it is in use, and not smaller.
    private func canGoBack(_ volume: ProjectVolume) -> Bool {
        guard volume.kind == .image else { return true }
        return (try? open(volume.root, .directory).enforcesProjectQuota()) ?? false
    }

    private func tell(_ rescue: Rescue, _ call: Call, _ largest: JSON) {
        // Whoever left in the meantime: all of it is over as soon as it has begun.
        if rescue.isEnding { return restoreLimits(rescue) }
        if !rescue.isRaised {
            tell(
                rescue.project, "storage.rescue",
                "a rescue by uid \(call.peer.user) has begun; its storage gets no more room")
        }
        call.reply(report(rescue, largest), continues: true)
    }

    private func report(_ rescue: Rescue, _ largest: JSON) -> JSON {
        let usage = volume(of: rescue.project).flatMap { try? $0.usage() }
        let bytesMax = usage?.bytesMax.map { $0 - min($0, rescue.grace) }
        return [
            "bytes": usage.map { .count($0.bytes) }, "bytes_max": bytesMax.map(JSON.count),
            "grace_bytes": .count(rescue.grace), "largest": largest,
        ]
    }

    // MARK: Ending

    private func endRescue(of project: ProjectName, _ call: Call?) {
        guard let rescue = rescues[project] else {
            if let call, let volume = try? copied(project) {
                call.reply(report(Rescue(volume, .sandbox), []))
            }
            return
        }
        if let call { rescue.waiting.append(call) }
        if rescue.isEnding { return }
        rescue.isEnding = true
        // What is under way comes to its end first, and finds that it is over.
        if storageTasks[project]?.verb == "rescue" { return }
        restoreLimits(rescue)
    }

    /// The limits that are configured, whatever is in use: nothing is taken, and nothing more fits.
    private func restoreLimits(_ rescue: Rescue) {
        if !rescue.isRaised { return finish(rescue) }
        nextVolumeUse += 1
        let use = VolumeUse.caller(nextVolumeUse)
        openVolume(of: rescue.project, for: use) { [unowned self] result in
            if case .failure(let error) = result {
                note(
                    Report(
                        project: rescue.project, severity: .error, kind: "storage.rescue",
                        text: "its limits could not be set back: \(host.text(error))"))
            }
            releaseVolume(of: rescue.project, use)
            rescue.grace = 0
            rescue.isRaised = false
            finish(rescue)
        }
    }

    private func finish(_ rescue: Rescue) {
        rescues[rescue.project] = nil
        for call in rescue.waiting { call.reply(report(rescue, [])) }
        releaseVolume(of: rescue.project, rescue.use)
    }
}
