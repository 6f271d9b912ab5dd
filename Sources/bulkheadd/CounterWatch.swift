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

    /// Of the project, how often `cpu.max` stopped it.
    var processor: ProcessorLooks

    struct Leaf {
        var watch: FileWatcher.Watch?
        var counters: LimitCounters
        var processor: ProcessorLooks
    }

    /// `cpu.stat` of the last two looks at it. What holds up is looked at every ten seconds, when the
    /// kernel tells; so that one of them is of a while ago and not of long ago.
    struct ProcessorLooks {
        struct Look {
            /// Of CLOCK_MONOTONIC, in microseconds.
            var at: Int64
            var counters: LimitCounters
        }

        private(set) var last: Look
        private(set) var before: Look

        init(_ counters: LimitCounters, at now: Int64) {
            last = Look(at: now, counters: counters)
            before = last
        }

        mutating func add(_ counters: LimitCounters, at now: Int64) {
            // Two in a row are one.
            if now - last.at >= Self.least { before = last }
            last = Look(at: now, counters: counters)
        }

        /// The youngest that says something of a while.
        func one(before now: Int64) -> Look { now - last.at >= Self.least ? last : before }

        private static let least: Int64 = 3_000_000
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
        processor = ProcessorLooks(counters, at: now)
    }
}

/// Whose control file it is that a watch is of.
struct WatchTarget {
    let project: ProjectName
    /// Nil: of the project.
    let run: RunID?
}
