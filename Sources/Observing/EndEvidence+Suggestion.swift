internal import Cgroups
internal import Plan

extension EndEvidence {
    /// A command to type: what most likely helps, with numbers that fit.
    func suggestion(for cause: RunCause) -> String? {
        switch cause {
        case .exited: end.isSuccess ? nil : logs
        case .signal, .health, .notStarted: logs
        case .memoryMax, .memoryChild: moreMemory
        case .memoryMachine: "bulkhead top --once"
        case .pids: moreProcesses
        case .disk: moreDisk
        case .inodes: moreInodes
        case .seccomp: "bulkhead profile show \(profile ?? "default")"
        case .timeLimit: command == nil ? logs : again("")
        case .preempted: "bulkhead quota show \(project)"
        case .operator:
            kind == .service ? "bulkhead start \(place)" : "bulkhead runs \(project)"
        case .dependency, .supervisorStop, .lost: "bulkhead status \(project)"
        case .configuration: "bulkhead config history"
        case .running, .slowCPU, .slowMemory, .slowIO: nil
        }
    }

    /// The same command once more, with that option.
    private func again(_ option: String) -> String {
        var text = "bulkhead run -p \(project)\(option) --"
        let words = command ?? []
        for word in words { text += " " + shellQuoted(word) }
        // A line to type, and not a program to read.
        if words.isEmpty || text.utf8.count > Self.lineMax
            || text.unicodeScalars.contains(where: { $0.value < 32 })
        {
            return "bulkhead run -p \(project)\(option) -- COMMAND"
        }
        return text
    }

    private static let lineMax = 240

    private var logs: String { "bulkhead logs \(place) --run \(run)" }

    /// Two fifths above what it had; where its project has no room for that, more for the project.
    private var moreMemory: String {
        let own = leaf.isOwnMemory ? leaf.ownLimits.memoryMax : nil
        guard let limit = own ?? leaf.wholeLimits.memoryMax else {
            return "bulkhead quota show \(project)"
        }
        let wanted = Bytes(limit.count / 5 &* 7)
        guard own != nil else {
            return "bulkhead quota set \(project) --memory \(wanted.roundedUp)"
        }
        if let whole = leaf.wholeLimits.memoryMax, wanted.roundedUpCount > whole.count {
            return whole.count > limit.count
                ? more("memory", "\(whole)")
                : "bulkhead quota set \(project) --memory \(wanted.roundedUp)"
        }
        return more("memory", wanted.roundedUp)
    }

    /// For a workload that is configured its limit is changed; of any other it is given with the command.
    private func more(_ limit: String, _ value: String) -> String {
        command == nil
            ? "bulkhead quota set \(place) --\(limit) \(value)" : again(" --\(limit) \(value)")
    }

    private var moreProcesses: String {
        if let own = leaf.ownLimits.pidsMax {
            if let whole = leaf.wholeLimits.pidsMax, own > whole / 2 {
                return own < whole
                    ? more("pids", "\(whole)")
                    : "bulkhead quota set \(project) --pids \(whole &* 2)"
            }
            return more("pids", "\(own &* 2)")
        }
        guard let whole = leaf.wholeLimits.pidsMax else { return "bulkhead quota show \(project)" }
        return "bulkhead quota set \(project) --pids \(whole &* 2)"
    }

    private var moreDisk: String {
        guard let max = disk?.bytesMax else { return "bulkhead rescue \(project)" }
        return "bulkhead quota set \(project) --disk \(Bytes(max / 2 &* 3).roundedUp)"
    }

    private var moreInodes: String {
        guard let max = disk?.inodesMax, !hasFixedInodes else {
            return "bulkhead rescue \(project)"
        }
        return "bulkhead quota set \(project) --inodes \(max &* 2)"
    }
}

extension Bytes {
    /// In the largest unit of which it is at least one, with one digit after the point, rounded up:
    /// `1.4G`.
    var roundedUp: String {
        var shift: UInt64 = 10
        let letters = ["K", "M", "G", "T", "P", "E"]
        var unit = 0
        while unit < 5, count >> (shift + 10) > 0 {
            shift += 10
            unit += 1
        }
        var whole = count >> shift
        let rest = count & ((1 << shift) - 1)
        // The rest is below 2^60, so ten times it fits. Two digits say enough.
        var tenths = whole < 10 ? (rest &* 10 &+ ((1 << shift) - 1)) >> shift : rest > 0 ? 10 : 0
        if tenths == 10 {
            whole += 1
            tenths = 0
        }
        return tenths == 0 ? "\(whole)\(letters[unit])" : "\(whole).\(tenths)\(letters[unit])"
    }

    var roundedUpCount: UInt64 { (try? Bytes(parsing: roundedUp, for: "size"))?.count ?? count }
}
