/// Weighted dominant-resource fairness by progressive filling, with guarantees as floors and limits as
/// ceilings (Ghodsi et al., NSDI 2011), kept up to date as claims change.
///
/// All projects' dominant shares rise together, each by its weight, until a resource is used up; nobody gets
/// more of that one. What becomes of those that want it is said by `Filling`. Nothing that somebody wants is
/// left over.
///
/// A change of one claim takes the time of a few hundred additions, whatever the number of projects; what a
/// project has is then read from the levels.
public struct FairShares {
    public struct Change {
        public let index: Int
        /// Nil: nothing any more.
        public let claim: Claim?

        public init(_ index: Int, _ claim: Claim?) {
            self.index = index
            self.claim = claim
        }
    }

    /// What becomes of projects that want a resource that is used up.
    public enum Filling: Hashable, Sendable {
        /// They go on with the other resources, since memory is of use without another processor. So nobody
        /// gains of anything by overstating what it wants of anything, and nobody loses of anything by
        /// weighing more.
        case apart
        /// They stop, as in the paper, where a task is of no use without any of its resources; what is
        /// left in the end is divided among them as well. So who overstates one resource may gain of that
        /// one, for less of the others.
        case together
    }

    public let capacity: Amounts
    public let filling: Filling
    private var ramps: [Ramp?]
    /// One for each resource; nil where nobody has asked for the level yet, since there is enough for all.
    private var lists: [BreakpointList?]
    /// What each set of wanted resources has before the level rises, and as far as it can.
    private var floors: [SIMD4<Double>]
    private var ends: [SIMD4<Double>]
    private var counts: [Int]
    /// What each set of wanted resources has reached; where there is enough for all, `unbounded`.
    private var levels: [SIMD4<Double>]
    /// How much of the floors can be kept of each resource: all, unless together they are more than there is.
    private var kept = SIMD4<Double>(repeating: 1)
    /// Beyond what any project wants, and finite: 0 times it is 0.
    private static let unbounded = 1e300
    /// Beyond that nothing is left between two levels but what is next to 0.
    private static let halvingsMax = 200
    /// From this part of all projects on, sorting them anew takes less time than moving each.
    private static let rebuildPart = 4
    /// Sums of what all want are off by less, however often they are changed.
    private static let rounding = 1e-9

    /// The claim at index i is that of project i.
    public init(capacity: Amounts, claims: [Claim?] = [], filling: Filling = .apart) {
        self.init(capacity: capacity, of: claims, filling: filling)
    }

    /// The same without an array of them.
    init(capacity: Amounts, of claims: some Collection<Claim?>, filling: Filling = .apart) {
        self.capacity = capacity
        self.filling = filling
        ramps = claims.map { claim in
            claim.flatMap { Ramp($0, capacity: capacity.lanes, filling) }
        }
        lists = []
        floors = []
        ends = []
        counts = []
        levels = Array(
            repeating: SIMD4(repeating: Self.unbounded), count: BreakpointList.maskCount)
        rebuild()
        fill()
    }

    public var count: Int { ramps.count }

    /// What project `index` has.
    public subscript(index: Int) -> Amounts {
        guard let ramp = ramps[index] else { return .zero }
        return Amounts(ramp.amounts(at: levels[Int(ramp.mask)], kept: kept))
    }

    /// What all want together, and what all have.
    public var totals: (wanted: Amounts, given: Amounts) {
        var wanted = SIMD4<Double>.zero
        var given = SIMD4<Double>.zero
        for mask in counts.indices where counts[mask] > 0 {
            for lane in 0..<4 where mask >> lane & 1 == 1 {
                guard let list = lists[lane] else {
                    // Rounding may leave a little less than nothing of what was taken out again.
                    let end = max(0, ends[mask][lane])
                    wanted[lane] += end
                    given[lane] += end
                    continue
                }
                wanted[lane] += floors[mask][lane] + list.use(mask, at: .infinity)
                let level = levels[mask][lane]
                let end = level < Self.unbounded ? level : .infinity
                let floor = floors[mask][lane] * kept[lane]
                given[lane] += floor + list.use(mask, at: end)
            }
        }
        return (Amounts(wanted), Amounts(given))
    }

    func ramp(_ index: Int) -> Ramp? { ramps[index] }

    /// Of `apart`: what a weight of 1 gets of a resource; nil where there is enough for all.
    func level(_ resource: Resource) -> Double? {
        let level = levels[levels.count - 1][resource.rawValue]
        return level < Self.unbounded ? level * capacity[resource] : nil
    }

    /// The part of floors that can be kept.
    func kept(_ resource: Resource) -> Double { kept[resource.rawValue] }

    /// Whether some level differs from what it was by more than a part of itself, or floors are kept in
    /// another part.
    func isFar(from old: FairShares.Reached, by part: Double) -> Bool {
        if old.kept != kept || old.levels.count != levels.count { return true }
        for (new, old) in zip(levels, old.levels) {
            let most = pointwiseMax(new, old)
            if any(most - pointwiseMin(new, old) .> most * part) { return true }
        }
        return false
    }

    /// How far filling came.
    struct Reached: Hashable {
        fileprivate var levels: [SIMD4<Double>] = []
        fileprivate var kept = SIMD4<Double>.zero
    }

    var reached: Reached {
        var result = Reached()
        result.levels = levels
        result.kept = kept
        return result
    }

    /// Changes what one project asks for; `nil`: nothing any more. An index of `count` adds one.
    public mutating func set(_ index: Int, _ claim: Claim?) { set([Change(index, claim)]) }

    /// Changes what some projects ask for, all at once. Indices from `count` on add projects.
    public mutating func set(_ changes: [Change]) { set(all: changes) }

    /// The same without an array of them.
    mutating func set(all changes: some Collection<Change>) {
        if changes.isEmpty { return }
        if changes.count > ramps.count / Self.rebuildPart {
            for change in changes { put(ramp(change), at: change.index) }
            rebuild()
        } else {
            for change in changes { replace(change) }
            for lane in lists.indices { lists[lane]?.refresh() }
        }
        fill()
    }

    private func ramp(_ change: Change) -> Ramp? {
        change.claim.flatMap { Ramp($0, capacity: capacity.lanes, filling) }
    }

    private mutating func put(_ ramp: Ramp?, at index: Int) {
        while index >= ramps.count { ramps.append(nil) }
        ramps[index] = ramp
    }

    private mutating func replace(_ change: Change) {
        let old = change.index < ramps.count ? ramps[change.index] : nil
        let new = ramp(change)
        if old == new, change.index < ramps.count { return }
        put(new, at: change.index)
        if let old {
            floors[Int(old.mask)] -= old.floor
            ends[Int(old.mask)] -= old.end
            counts[Int(old.mask)] -= 1
            // What rounding left over goes with the last.
            if counts[Int(old.mask)] == 0 {
                floors[Int(old.mask)] = .zero
                ends[Int(old.mask)] = .zero
            }
        }
        if let new { add(new) }
        for lane in 0..<4 where lists[lane] != nil {
            if let old, let new, old.mask == new.mask, old.want[lane] == new.want[lane],
                old.floor[lane] == new.floor[lane], old.slope[lane] == new.slope[lane]
            {
                continue
            }
            if let points = old?.breakpoints(lane, of: Int32(change.index)) {
                lists[lane]?.remove(points.start)
                lists[lane]?.remove(points.end)
            }
            if let points = new?.breakpoints(lane, of: Int32(change.index)) {
                lists[lane]?.insert(points.start)
                lists[lane]?.insert(points.end)
            }
        }
    }

    private mutating func add(_ ramp: Ramp) {
        floors[Int(ramp.mask)] += ramp.floor
        ends[Int(ramp.mask)] += ramp.end
        counts[Int(ramp.mask)] += 1
    }

    private mutating func rebuild() {
        floors = Array(repeating: .zero, count: BreakpointList.maskCount)
        ends = floors
        counts = Array(repeating: 0, count: BreakpointList.maskCount)
        for case let ramp? in ramps { add(ramp) }
        lists = Array(repeating: nil, count: 4)
    }

    /// Sorts where projects begin and end to rise, of each resource of which there may not be enough: until
    /// there is not, nobody has to know.
    private mutating func sortWhatIsShort() {
        let wanted = ends.reduce(SIMD4<Double>.zero) { $0 + $1 }
        for lane in 0..<4
        where lists[lane] == nil && wanted[lane] > capacity.lanes[lane] * (1 - Self.rounding) {
            var points: [BreakpointList.Breakpoint] = []
            points.reserveCapacity(2 * ramps.count)
            for (index, ramp) in ramps.enumerated() {
                guard let both = ramp?.breakpoints(lane, of: Int32(index)) else { continue }
                points.append(both.start)
                points.append(both.end)
            }
            lists[lane] = BreakpointList(points)
        }
    }

    // MARK: Filling

    private mutating func fill() {
        sortWhatIsShort()
        let floor = floors.reduce(SIMD4<Double>.zero) { $0 + $1 }
        let part = (capacity.lanes / floor).replacing(with: 1, where: floor .<= capacity.lanes)
        let all = counts.map { $0 > 0 }
        var frozen = [Double](
            repeating: filling == .together ? .infinity : 0, count: counts.count)
        var rest = SIMD4<Double>.zero
        var active = filling == .together ? all : []
        var left = [0, 1, 2, 3]
        while active.contains(true) {
            var first = (level: Double.infinity, lane: 0)
            for lane in left {
                let held = active.indices.map { active[$0] ? 0 : frozen[$0] }
                let level = meeting(lane, held: held, rising: active)
                if level < first.level { first = (level, lane) }
            }
            if first.level == .infinity { break }
            left.removeAll { $0 == first.lane }
            for mask in active.indices where active[mask] && mask >> first.lane & 1 == 1 {
                active[mask] = false
                frozen[mask] = first.level
            }
        }
        for lane in left { rest[lane] = meeting(lane, held: frozen, rising: all) }
        let new = frozen.map {
            pointwiseMin(
                pointwiseMax(SIMD4(repeating: $0), rest), SIMD4(repeating: Self.unbounded))
        }
        levels = new
        kept = part
    }

    /// The level at which a resource is used up if some sets of projects rise from where they are held,
    /// and the others stay there; infinite where there is enough for all. Never a level that is too high.
    private func meeting(_ lane: Int, held: [Double], rising: [Bool]) -> Double {
        guard let list = lists[lane] else { return .infinity }
        let limit = capacity.lanes[lane]
        var standing = 0.0
        var risers: [Riser] = []
        for mask in counts.indices where counts[mask] > 0 && mask >> lane & 1 == 1 {
            let floor = floors[mask][lane]
            let least = held[mask] == 0 ? floor : floor + list.use(mask, at: held[mask])
            if rising[mask] {
                risers.append(Riser(mask: mask, least: least, slope: 0, constant: floor))
            } else {
                standing += least
            }
        }
        if risers.isEmpty { return .infinity }

        func use(_ level: Double) -> Double {
            var sum = standing
            for each in risers { sum += max(each.least, each.slope * level + each.constant) }
            return sum
        }
        if use(0) > limit { return 0 }
        // The block in which it happens: the first whose end is too much.
        var before = risers
        var start = 0.0
        var end = 0.0
        var found: Int?
        for block in list.blocks.indices {
            before = risers
            for riser in risers.indices {
                risers[riser].slope += list.slope(block, risers[riser].mask)
                risers[riser].constant += list.constant(block, risers[riser].mask)
            }
            // After the last breakpoint nothing rises any more.
            end = block + 1 < list.blocks.count ? list.first(block + 1) : list.last(block)
            if use(end) > limit {
                found = block
                break
            }
            start = end
        }
        guard let found else { return .infinity }
        risers = before
        for entry in list.blocks[found] {
            if use(entry.level) > limit {
                end = entry.level
                break
            }
            start = entry.level
            for riser in risers.indices where risers[riser].mask == Int(entry.mask) {
                risers[riser].slope += entry.slope
                risers[riser].constant += entry.constant
            }
        }
        if end < start { end = start }
        // Here it is a sum of lines and of constants: halving ends when nothing lies between.
        for _ in 0..<Self.halvingsMax {
            let middle = start + (end - start) / 2
            if middle <= start || middle >= end { break }
            if use(middle) > limit { end = middle } else { start = middle }
        }
        return start
    }

    /// The projects of one set, on the way up.
    private struct Riser {
        let mask: Int
        /// What they have at least.
        let least: Double
        var slope: Double
        var constant: Double
    }
}
