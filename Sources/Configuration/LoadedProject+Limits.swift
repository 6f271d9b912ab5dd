internal import Plan

extension LoadedProject {
    /// What of limits has to agree with each other, whoever has them.
    ///
    /// - Parameters:
    ///   - path: where they are in the project.
    ///   - elsewhere: what is pointed to where a key is nowhere written.
    func checkLimits(
        _ limits: Limits, _ path: [String], _ elsewhere: Position, _ reading: inout Reading
    ) {
        func refuse(_ key: String, _ reason: String, _ hint: String) {
            let place = node.value(at: path + [key])?.position ?? elsewhere
            reading.within("limits") { reading in
                reading.within(key) { $0.refuse(place, reason, hint: hint) }
            }
        }
        if let most = limits.memoryMax {
            if let high = limits.memoryHigh, high > most {
                refuse(
                    "memory_high", "\(high) is above memory, \(most)",
                    "it slows down before memory ends a process: keep it below")
            }
            if let low = limits.memoryLow, low > most {
                refuse(
                    "memory_low", "\(low) is above memory, \(most)",
                    "what is spared is never more than what is allowed")
            }
            if let least = limits.memoryMin, least > most {
                refuse(
                    "memory_min", "\(least) is above memory, \(most)",
                    "what is guaranteed is never more than what is allowed")
            }
            for (key, size) in [("tmp", limits.tmp), ("shm", limits.shm)] {
                guard let size, size > most else { continue }
                refuse(
                    key, "\(size) is above memory, \(most)",
                    "what is in it counts as memory: keep it below")
            }
        } else if path.count == 1, let swap = limits.swapMax, swap.count > 0 {
            // Of a workload, the project's memory is the limit.
            refuse(
                "swap", "limits nothing together with memory: max",
                "write swap: max too, or give a memory limit")
        }
        if let burst = limits.cpuBurst, burst > 0 {
            guard let most = limits.cpuMax else {
                refuse("cpu_burst", "bursts above no limit", "give cpu too")
                return
            }
            // The quota of a period: ControlWrite.
            let quota = UInt64(most.millicores) * 100
            if burst > quota {
                refuse(
                    "cpu_burst",
                    "\(LimitValue.microseconds(burst)) is above what cpu, \(most), "
                        + "gives in 100 ms", "at most \(LimitValue.microseconds(quota))")
            }
        }
    }

    /// Above the project's, a limit would never be met.
    func limits(
        _ draft: WorkloadDraft, _ kind: String, _ reading: inout Reading
    ) -> Limits {
        let (own, all) = (draft.limits.limits, policy.limits)
        let path = [kind, draft.name.text, "limits"]
        for name in own.names {
            // Of which limit of the project it is a part.
            let whole: LimitName
            switch name {
            case .memoryHigh, .memoryLow, .memoryMin: whole = .memory
            case .memory, .cpu, .pids, .swap, .hugePages, .cpus, .openFiles: whole = name
            default: continue
            }
            guard let bound = own[name], let most = all[whole],
                name.grows(from: most, to: bound)
                    || name == .cpus && !name.grows(from: bound, to: most) && bound != most
            else { continue }
            let place = node.value(at: path + [name.text])?.position ?? draft.position
            reading.within("limits") { reading in
                reading.within(name.text) {
                    $0.refuse(
                        place, "\(bound) is above the project's \(most)",
                        hint: "lower it, or raise the project's limits")
                }
            }
        }
        checkLimits(own, path, draft.position, &reading)
        return own
    }
}
