internal import EventLoop
internal import Plan
internal import Syscalls
internal import Volumes

/// Who needs a volume to be up.
enum VolumeUse: Hashable {
    case sandbox
    /// Somebody who looks at what is in it, or changes that: a number of its own.
    case caller(UInt64)
}

/// A project's volume, and the work on it that is under way or waits. One order at a time.
final class HeldVolume {
    /// An order, and what is to be done with what came of it.
    struct Job {
        let order: VolumeOrder
        let then: (VolumeError?) -> Void
    }

    var uses: Set<VolumeUse> = []
    /// Nil while it is not up.
    var volume: ProjectVolume?
    /// What it is limited to while it is up.
    var disk: Bytes?
    var inodes: UInt64?
    /// Why it is not limited to what it should be; nil: it is.
    var refusal: String?
    var waiting: [Job] = []
    var running: VolumeHelper?

    /// They are in force.
    func noteLimits(_ disk: Bytes?, _ inodes: UInt64?) {
        self.disk = disk
        self.inodes = inodes
        refusal = nil
    }

    /// Whether its limits are about to change.
    var isBeingLimited: Bool {
        running?.job.order.verb == .limit || waiting.contains { $0.order.verb == .limit }
    }

    /// Whether nothing would be lost with this value.
    var isIdle: Bool { uses.isEmpty && waiting.isEmpty && running == nil }
}

/// A process of ours that carries out one order.
final class VolumeHelper {
    let process: ProcessHandle
    let output: FileDescriptor
    let job: HeldVolume.Job
    var endSource: DescriptorSource?
    var timer: TimerSource?

    init(_ job: HeldVolume.Job, environment: [String]) throws(SystemCallError) {
        let pipe = try Syscalls.pipe(nonBlocking: true)
        let (reading, writing) = pipe.split()
        output = FileDescriptor(owning: reading)
        let theirs = FileDescriptor(owning: writing)
        // Ourselves: also where a package has just put another program in our place.
        process = try spawnProgram(
            "/proc/self/exe", arguments: ["bulkheadd", "--volume"] + job.order.arguments,
            environment: environment, descriptors: [nil, theirs.number, 2])
        self.job = job
    }

    deinit {
        endSource?.cancel()
        timer?.disarm()
    }

    /// After it has ended: what came of its order.
    func outcome() -> VolumeError? {
        let status: Int32
        switch (try? process.wait())?.status {
        case .exited(let code)?: status = code
        case .killed(let signal, _)?: status = 128 + signal
        case nil: status = -1
        }
        // What it wrote is there: less than a pipe holds.
        let text = (try? output.read(upTo: VolumeOutcome.bytesMax)) ?? []
        return VolumeOutcome.error(status: status, said: text)
    }
}
