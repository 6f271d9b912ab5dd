internal import Cgroups
internal import Plan
internal import Scheduling
internal import Supervision
internal import Syscalls

/// Whether there was too little memory for all together lately.
struct MachineShortage {
    /// As far as PSI's shortest average looks back, in microseconds.
    private static let window: Int64 = 10_000_000

    private var count: UInt64?
    private var seenAt: Int64?

    /// - Parameters:
    ///   - count: grows as long as there is too little.
    ///   - time: of CLOCK_MONOTONIC, in microseconds.
    mutating func isShort(_ count: UInt64, at time: Int64) -> Bool {
        if let before = self.count, count != before { seenAt = time }
        self.count = count
        return seenAt.map { time - $0 < Self.window } ?? false
    }
}

/// What of the machine's stalls others can help by making room. A project that stalls at a limit of its own, or
/// that does nothing but wait for a disk, makes the whole machine's PSI as high as it can be: nobody else has
/// to give way for that, or any project could have all others stopped.
extension Supervisor {
    /// Stalls of the machine, as the kernel counts them; of processors those of whoever is guaranteed them.
    func machinePressure() -> Use.Pressure {
        func share(_ stall: Pressure.Stall?) -> Double { (stall?.some.percent ?? 0) / 100 }
        let found = Pressure { name in
            try? readFile("\(host.pressureDirectory)/\(name.prefix { $0 != "." })")
        }
        return Use.Pressure(
            cpu: guaranteedStall, memory: share(found.memory), io: share(found.io))
    }

    /// The part of `pressure` for which the ladder is there.
    func commonPressure(_ pressure: Use.Pressure) -> Use.Pressure {
        var result = pressure
        let isShort = schedule.shortage.isShort(
            host.shortageCount(), at: monotonicMicroseconds())
        if !isShort { result.memory = 0 }
        // One that waits for a disk alone waits for the disk.
        let high = schedule.ladder.settings.high.io * schedule.ladder.settings.easePart
        if schedule.uses.values.count(where: { $0.pressure.io >= high }) < 2 { result.io = 0 }
        return result
    }

    /// How much projects wait for processors that are guaranteed to them and that others use. That these wait
    /// is what a busy machine looks like: weights divide it, and nobody has to stand still for it.
    private var guaranteedStall: Double {
        let used = schedule.uses.values.reduce(0) { $0 + $1.cpu }
        let capacity = scheduledCapacity[.cpu]
        var most = 0.0
        for (project, use) in schedule.uses {
            let least = settled(project)?.subject.guarantee[.cpu] ?? 0
            // Who is held up by a limit within it has processors to spare beside it.
            let isTaken = used > capacity - (least - use.cpu)
            if use.cpu < least * Self.guaranteedPart, isTaken { most = max(most, use.pressure.cpu) }
        }
        return most
    }

    /// Who has this part of what is guaranteed to it has it.
    private static let guaranteedPart = 0.9
}
