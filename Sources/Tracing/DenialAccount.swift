/// What was denied, and what of it has been told: the first time a call is denied in a cgroup at once, the
/// rest in sums.
public struct DenialAccount {
    /// Something to tell.
    public enum News: Hashable, Sendable {
        /// This call, in this cgroup, for the first time.
        case first(Denial)
        /// More of what was told, or of more calls than are told one by one.
        case more(cgroup: UInt64, count: UInt64, calls: Int, mostly: Denial)
    }

    /// Calls of one cgroup that are told one by one; what tries them all is told in sums.
    public static let firstsMax = 16
    /// Sums of a cgroup are this far apart, in microseconds.
    public static let pause: Int64 = 60_000_000

    private struct Cgroup {
        /// By call and action: how many were counted, and of those told.
        var counted: [Denial.Key: UInt64] = [:]
        var told: [Denial.Key: UInt64] = [:]
        var latest: [Denial.Key: Denial] = [:]
        var firsts = 0
        var toldAt: Int64
    }

    private var cgroups: [UInt64: Cgroup] = [:]

    public init() {}

    /// - Parameters:
    ///   - denials: all that the table holds.
    ///   - now: microseconds of CLOCK_MONOTONIC.
    public mutating func take(_ denials: [Denial], at now: Int64) -> [News] {
        var news: [News] = []
        for denial in denials {
            let key = denial.key
            var cgroup = cgroups[key.cgroup] ?? Cgroup(toldAt: now)
            cgroup.latest[key] = denial
            if cgroup.counted.updateValue(denial.count, forKey: key) == nil,
                cgroup.firsts < Self.firstsMax
            {
                cgroup.firsts += 1
                cgroup.told[key] = denial.count
                news.append(.first(denial))
            }
            cgroups[key.cgroup] = cgroup
        }
        for (id, cgroup) in cgroups where now - cgroup.toldAt >= Self.pause {
            if let sum = sum(of: id, at: now) { news.append(sum) }
        }
        return news
    }

    /// The last of a cgroup: its run is over.
    ///
    /// - Returns: what was not told yet, and the keys to be taken out of the table.
    public mutating func end(_ id: UInt64) -> (News?, [Denial.Key]) {
        let last = sum(of: id, at: 0)
        let keys = cgroups.removeValue(forKey: id).map { Array($0.counted.keys) } ?? []
        return (last, keys)
    }

    /// Cgroups of which something is known.
    public var known: Set<UInt64> { Set(cgroups.keys) }

    private mutating func sum(of id: UInt64, at now: Int64) -> News? {
        guard var cgroup = cgroups[id] else { return nil }
        var count: UInt64 = 0
        var calls = 0
        var most: (UInt64, Denial.Key)?
        for (key, counted) in cgroup.counted {
            let more = counted - min(counted, cgroup.told[key] ?? 0)
            if more == 0 { continue }
            count += more
            calls += 1
            if more > most?.0 ?? 0 { most = (more, key) }
        }
        cgroup.toldAt = now
        cgroup.told = cgroup.counted
        cgroups[id] = cgroup
        guard let most, let denial = cgroup.latest[most.1] else { return nil }
        return .more(cgroup: id, count: count, calls: calls, mostly: denial)
    }
}
