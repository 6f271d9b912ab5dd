public import Plan
internal import Scheduling

/// "What if": the same with another machine, another time, another number of projects.
extension Scenario {
    /// On a machine with so many times the processors and the memory; limits and guarantees of memory are
    /// those of the smaller machine, so that together they are the same part of it.
    public mutating func scale(cpu: Double, memory: Double) {
        machine.cpu *= cpu
        machine.reservedCPU *= cpu
        machine.memory *= memory
        machine.reservedMemory *= memory
        for index in groups.indices {
            groups[index].memory.guarantee *= memory
            groups[index].memory.limit = groups[index].memory.limit.map { $0 * memory }
            groups[index].memory.ceiling = groups[index].memory.ceiling.map { $0 * memory }
            groups[index].cpu.guarantee *= cpu
        }
    }

    /// For another time.
    ///
    /// - Parameter duration: milliseconds.
    public mutating func last(_ duration: Int64) throws(InvalidValue) {
        let text = "\(Milliseconds(UInt64(max(0, duration))))"
        if duration < interval {
            throw InvalidValue(
                "duration", text,
                "is shorter than the interval, \(Milliseconds(UInt64(interval)))")
        }
        if duration > Self.durationMax { throw InvalidValue("duration", text, "is above a year") }
        // As many rows as before.
        let rows = max(1, self.duration / max(1, report))
        report = max(1, duration / rows / interval) * interval
        self.duration = duration
    }

    /// With `count` projects in the same proportions, each group keeping at least one, on a machine that has
    /// grown or shrunk by as much.
    public func scaled(to count: Int) -> Scenario {
        var result = self
        let factor = Double(count) / Double(max(1, projectCount))
        var left = count
        for index in groups.indices {
            let isLast = index == groups.count - 1
            let share = Int((Double(groups[index].count) * factor).rounded())
            let others = groups.count - 1 - index
            let own = isLast ? left : min(max(1, share), left - others)
            result.groups[index].count = max(1, own)
            left -= own
        }
        result.machine.cpu *= factor
        result.machine.memory *= factor
        result.machine.reservedCPU *= factor
        result.machine.reservedMemory *= factor
        result.machine.agents = (machine.agents * factor).rounded(.up)
        result.machine.projectsMax = max(
            1, min(Self.projectsMax, Int((Double(machine.projectsMax) * factor).rounded(.up))))
        return result
    }
}
