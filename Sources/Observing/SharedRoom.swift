/// Keeps things of several owners in the order in which they came, as many as it has room for. Where there is
/// no more room, the latest of whoever has most goes for one of somebody who has less. What is not kept is
/// counted.
public struct SharedRoom<Owner: Hashable & Sendable, Item: Sendable>: Sendable {
    private struct Kept {
        let owner: Owner
        let kind: String
        let item: Item
    }

    private let max: Int
    private var kept: [Kept] = []
    private var counts: [Owner: Int] = [:]
    /// By owner and kind: how many were not kept.
    public private(set) var left: [Owner: [String: UInt64]] = [:]

    /// - Parameter max: how many are kept, of all owners together.
    public init(max: Int) { self.max = max }

    public var items: [Item] { kept.map(\.item) }

    public var isEmpty: Bool { kept.isEmpty }

    /// - Parameter kind: what it is counted as where it is not kept; there are to be few.
    public mutating func add(_ item: Item, _ kind: String, of owner: Owner) {
        let added = Kept(owner: owner, kind: kind, item: item)
        if kept.count >= max, !makeRoom(for: owner) { return leave(added) }
        kept.append(added)
        counts[owner, default: 0] += 1
    }

    /// Whether it has less than another, also afterwards, which gives way.
    private mutating func makeRoom(for owner: Owner) -> Bool {
        guard let most = counts.values.max(), counts[owner, default: 0] + 1 < most,
            let place = kept.lastIndex(where: { counts[$0.owner] == most })
        else { return false }
        let gone = kept.remove(at: place)
        counts[gone.owner] = most - 1
        leave(gone)
        return true
    }

    private mutating func leave(_ one: Kept) {
        left[one.owner, default: [:]][one.kind, default: 0] += 1
    }
}
