internal import EventLoop
internal import Observing
internal import Plan
internal import Syscalls

/// What is watched of a sandbox's limits, and what was counted when it was last looked at.
final class CounterWatch {
    /// `memory.events` and `pids.events` of the project: the first is told of all below too.
    var files: [FileWatcher.Watch] = []
    var counters: LimitCounters
    /// `pids.events` of each leaf, and what its counters were.
    var leaves: [RunID: Leaf] = [:]
    var triggers: [Trigger] = []
    /// Before this moment of CLOCK_MONOTONIC, in microseconds, it is not looked at again.
    var restsUntil: Int64 = 0
    var isDue = false
    /// When I/O and the processor were last looked at, in microseconds of CLOCK_MONOTONIC.
    var lookedAt: Int64

    struct Leaf {
        var watch: FileWatcher.Watch?
        var counters: LimitCounters
    }

    final class Trigger {
        let trigger: PressureTrigger
        var source: DescriptorSource?

        init(_ trigger: consuming PressureTrigger) { self.trigger = trigger }

        deinit { source?.cancel() }
    }

    init(_ counters: LimitCounters, at now: Int64) {
        self.counters = counters
        lookedAt = now
    }
}

/// Whose control file it is that a watch is of.
struct WatchTarget {
    let project: ProjectName
    /// Nil: of the project.
    let run: RunID?
}
