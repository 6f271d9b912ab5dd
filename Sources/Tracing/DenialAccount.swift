/// What was denied, and what of it has been told: the first time a call is denied in a cgroup at once, the
/// rest in sums.
public struct DenialAccount {
    /// Something to tell.
    public enum News: Hashable, Sendable {
        /// This call, in this cgroup, for the first time.
        case first(Denial)
        case more(Sum)
    }

    /// More of what was told, and all that was not told one by one.
    public struct Sum: Hashable, Sendable {
        public var cgroup: UInt64
        public var count: UInt64
        /// Kinds of call.
        public var calls: Int
        /// What most of them were.
        public var mostly: Denial
        /// Kinds that were not told before, sorted.
        public var new: [Denial.Key]

        public init(
            cgroup: UInt64, count: UInt64, calls: Int, mostly: Denial, new: [Denial.Key] = []
        ) {
            self.cgroup = cgroup
            self.count = count
            self.calls = calls
            self.mostly = mostly
            self.new = new
        }
    }

    /// Kinds of a cgroup that are told one by one between two sums; of filters that a program brings
    /// itself fewer, for it may have as many as it likes.
    public static func firstsMax(_ source: Denial.Source) -> Int {
        switch source {
        case .profile, .missing: 16
        case .either: 4
        case .ownFilter: 1
        }
    }

    /// Sums of a cgroup are this far apart, in microseconds.
    public static let pause: Int64 = 60_000_000

    /// In the order in which they are told.
    private static let sources: [Denial.Source] = [.profile, .missing, .either, .ownFilter]

    /// What is told together, with a bound of its own.
    private struct Place: Hashable {
        var cgroup: UInt64
        var source: Denial.Source
    }

    private struct Told {
        /// By call and action: how many were counted, and of those told.
        var counted: [Denial.Key: UInt64] = [:]
        var told: [Denial.Key: UInt64] = [:]
        var latest: [Denial.Key: Denial] = [:]
        var firsts = 0
        var toldAt: Int64
    }

    private var places: [Place: Told] = [:]

    public init() {}

    /// - Parameters:
    ///   - denials: all that the table holds; the source of a key is always the same.
    ///   - now: microseconds of CLOCK_MONOTONIC.
    public mutating func take(_ denials: [Denial], at now: Int64) -> [News] {
        var news: [News] = []
        for denial in denials {
            let key = denial.key
            let place = Place(cgroup: key.cgroup, source: denial.source)
            let isNew =
                places[place, default: Told(toldAt: now)]
                .counted.updateValue(denial.count, forKey: key) == nil
            places[place]?.latest[key] = denial
            guard isNew, let told = places[place],
                told.firsts < Self.firstsMax(denial.source)
            else { continue }
            places[place]?.firsts += 1
            places[place]?.told[key] = denial.count
            news.append(.first(denial))
        }
        for (place, told) in places where now - told.toldAt >= Self.pause {
            if let sum = sum(of: place, at: now) { news.append(.more(sum)) }
        }
        return news
    }

    /// The last of a cgroup: its run is over.
    ///
    /// - Returns: what was not told yet, and the keys to be taken out of the table.
    public mutating func end(_ cgroup: UInt64) -> ([News], [Denial.Key]) {
        var last: [News] = []
        var keys: [Denial.Key] = []
        for source in Self.sources {
            let place = Place(cgroup: cgroup, source: source)
            if let sum = sum(of: place, at: 0) { last.append(.more(sum)) }
            if let told = places.removeValue(forKey: place) { keys += told.counted.keys }
        }
        return (last, keys)
    }

    /// All that was not told yet: nobody looks any more.
    public mutating func rest(at now: Int64) -> [News] {
        var news: [News] = []
        for cgroup in known.sorted() {
            for source in Self.sources {
                let place = Place(cgroup: cgroup, source: source)
                if let sum = sum(of: place, at: now) { news.append(.more(sum)) }
            }
        }
        return news
    }

    /// Cgroups of which something is known.
    public var known: Set<UInt64> { Set(places.keys.map(\.cgroup)) }

    private mutating func sum(of place: Place, at now: Int64) -> Sum? {
        guard var told = places[place] else { return nil }
        var count: UInt64 = 0
        var calls = 0
        var most: (UInt64, Denial.Key)?
        var new: [Denial.Key] = []
        for (key, counted) in told.counted {
            let before = told.told[key]
            let more = counted - min(counted, before ?? 0)
            if more == 0 { continue }
            if before == nil { new.append(key) }
            count += more
            calls += 1
            if more > most?.0 ?? 0 { most = (more, key) }
        }
        told.toldAt = now
        told.told = told.counted
        told.firsts = 0
        places[place] = told
        guard let most, let denial = told.latest[most.1] else { return nil }
        new.sort { ($0.call ?? .max, $0.action) < ($1.call ?? .max, $1.action) }
        return Sum(cgroup: place.cgroup, count: count, calls: calls, mostly: denial, new: new)
    }
}
