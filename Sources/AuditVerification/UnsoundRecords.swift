/// Records, or something like them, that are not as they were written, to be looked up often: there may be as
/// many of them as holes in a chain.
struct UnsoundRecords {
    struct Numbered {
        let number: UInt64
        /// In `all`.
        let place: Int
    }

    let all: [UnsoundRecord]
    /// Of each chain, in the order of the numbers that they have.
    private(set) var numbered: [Int: [Numbered]] = [:]
    /// The first that has or claims a hash: its place in `all`.
    private(set) var byHash: [RecordHash: Int] = [:]

    init(_ all: [UnsoundRecord]) {
        self.all = all
        for (place, record) in all.enumerated() {
            if let chain = record.chain, let number = record.sequence {
                numbered[chain, default: []].append(Numbered(number: number, place: place))
            }
            if let claimed = record.claimed, byHash[claimed] == nil { byHash[claimed] = place }
            if byHash[record.computed] == nil { byHash[record.computed] = place }
        }
        for chain in numbered.keys {
            numbered[chain]?.sort { ($0.number, $0.place) < ($1.number, $1.place) }
        }
    }
}
