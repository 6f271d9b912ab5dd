/// Who needs whom.
struct Graph<Name: Hashable> {
    struct Cycle {
        /// In order, the first again at the end.
        let names: [Name]
        /// Where the last of these needs is written.
        let position: Position
    }

    private var names: [Name] = []
    private var needs: [Name: [Located<Name>]] = [:]

    mutating func add(_ name: Name, needs other: Name, at position: Position) {
        if needs[name] == nil { names.append(name) }
        needs[name, default: []].append(Located(value: other, position: position))
    }

    /// A cycle for each need that closes one on a walk in the order of the files.
    func cycles() -> [Cycle] {
        var found: [Cycle] = []
        var done: Set<Name> = []
        for start in names where !done.contains(start) {
            // Depth first, without recursion: a chain may be as long as there are names.
            var way: [(name: Name, next: Int)] = [(start, 0)]
            var onWay: [Name: Int] = [start: 0]
            while let last = way.last {
                let others = needs[last.name] ?? []
                if last.next == others.count {
                    way.removeLast()
                    onWay[last.name] = nil
                    done.insert(last.name)
                    continue
                }
                way[way.count - 1].next += 1
                let other = others[last.next]
                if let begin = onWay[other.value] {
                    found.append(
                        Cycle(
                            names: way[begin...].map(\.name) + [other.value],
                            position: other.position))
                } else if !done.contains(other.value) {
                    onWay[other.value] = way.count
                    way.append((other.value, 0))
                }
            }
        }
        return found
    }
}
