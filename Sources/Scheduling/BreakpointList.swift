internal import Plan

/// Where the use of one resource by all projects changes its slope as the level rises, in order.
///
/// Use at a level is a line whose slope and constant are the sums over all breakpoints up to there, for
/// each set of wanted resources. Blocks hold the sums of what is in them, so that a level is found by
/// looking at a few hundred sums and into one block, and one project is changed by moving half a block.
struct BreakpointList {
    struct Breakpoint {
        let level: Double
        let slope: Double
        let constant: Double
        let project: Int32
        let mask: UInt8

        init(level: Double, project: Int32, mask: UInt8, slope: Double, constant: Double) {
            self.level = level
            self.project = project
            self.mask = mask
            self.slope = slope
            self.constant = constant
        }

        /// Of one project that which begins comes before that which ends, wherever rounding put them.
        static func precedes(_ left: Breakpoint, _ right: Breakpoint) -> Bool {
            if left.level != right.level { return left.level < right.level }
            if left.project != right.project { return left.project < right.project }
            return left.slope > right.slope
        }
    }

    /// How many sets of wanted resources there are.
    static let maskCount = 16
    /// Moving half of it takes as long as looking at all sums does with 100,000 projects.
    private static let blockMax = 512

    private(set) var blocks: [[Breakpoint]] = []
    /// For each block and set.
    private var slopes: [Double] = []
    private var constants: [Double] = []
    /// Whether a block was changed since its sums were made.
    private var isStale: [Bool] = []

    init(_ unsorted: [Breakpoint]) {
        let sorted = unsorted.sorted(by: Breakpoint.precedes)
        var start = 0
        while start < sorted.count {
            let end = min(start + Self.blockMax / 2, sorted.count)
            place(Array(sorted[start..<end]), at: blocks.count)
            start = end
        }
        refresh()
    }

    /// The level of the first breakpoint of a block.
    func first(_ block: Int) -> Double { blocks[block][0].level }
    /// The level of the last one.
    func last(_ block: Int) -> Double { blocks[block][blocks[block].count - 1].level }

    func slope(_ block: Int, _ mask: Int) -> Double { slopes[block * Self.maskCount + mask] }
    func constant(_ block: Int, _ mask: Int) -> Double { constants[block * Self.maskCount + mask] }

    /// What a set uses at a level, beside its floors.
    func use(_ mask: Int, at level: Double) -> Double {
        var slope = 0.0
        var constant = 0.0
        for block in blocks.indices {
            if first(block) > level { break }
            if last(block) <= level {
                slope += self.slope(block, mask)
                constant += self.constant(block, mask)
                continue
            }
            for each in blocks[block] where each.level <= level && Int(each.mask) == mask {
                slope += each.slope
                constant += each.constant
            }
        }
        return level.isFinite ? slope * level + constant : constant
    }

    // MARK: Changing: `refresh` is to follow

    mutating func insert(_ new: Breakpoint) {
        if blocks.isEmpty { return place([new], at: 0) }
        let index = block(of: new)
        blocks[index].insert(new, at: Self.place(of: new, in: blocks[index]))
        isStale[index] = true
        if blocks[index].count > Self.blockMax {
            let half = Self.blockMax / 2
            let upper = Array(blocks[index][half...])
            blocks[index].removeLast(upper.count)
            place(upper, at: index + 1)
        }
    }

    mutating func remove(_ old: Breakpoint) {
        let index = block(of: old)
        blocks[index].remove(at: Self.place(of: old, in: blocks[index]))
        isStale[index] = true
        if !blocks[index].isEmpty { return }
        blocks.remove(at: index)
        isStale.remove(at: index)
        let sums = index * Self.maskCount..<(index + 1) * Self.maskCount
        slopes.removeSubrange(sums)
        constants.removeSubrange(sums)
    }

    /// Sums are made anew and not subtracted from: errors of rounding would add up over the years.
    mutating func refresh() {
        for block in blocks.indices where isStale[block] {
            isStale[block] = false
            let sums = block * Self.maskCount
            for mask in 0..<Self.maskCount {
                slopes[sums + mask] = 0
                constants[sums + mask] = 0
            }
            for each in blocks[block] {
                slopes[sums + Int(each.mask)] += each.slope
                constants[sums + Int(each.mask)] += each.constant
            }
        }
    }

    private mutating func place(_ entries: [Breakpoint], at index: Int) {
        blocks.insert(entries, at: index)
        isStale.insert(true, at: index)
        let none = [Double](repeating: 0, count: Self.maskCount)
        slopes.insert(contentsOf: none, at: index * Self.maskCount)
        constants.insert(contentsOf: none, at: index * Self.maskCount)
    }

    /// The last block that starts no later than it, or the first.
    private func block(of each: Breakpoint) -> Int {
        max(blocks.lowerBound { !Breakpoint.precedes(each, $0[0]) } - 1, 0)
    }

    /// The first place that is not before it.
    private static func place(of each: Breakpoint, in entries: [Breakpoint]) -> Int {
        entries.lowerBound { Breakpoint.precedes($0, each) }
    }
}
