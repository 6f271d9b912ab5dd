/// Hands out what comes in whole pieces, such as agents at the same time: stride scheduling, in which the
/// next piece goes to whoever has the fewest for its weight (Waldspurger and Weihl, 1995).
public enum SlotShares {
    public struct Asker: Hashable, Sendable {
        /// More than 0.
        public let weight: Double
        /// What it gets before anybody gets more.
        public let floor: Int
        /// What it wants, within its own limit.
        public let want: Int

        public init(weight: Double, floor: Int, want: Int) {
            self.weight = weight
            self.want = max(0, want)
            self.floor = min(max(0, floor), self.want)
        }
    }

    /// How many each gets; of two with equal claims the first has the odd one.
    public static func hand(_ count: Int, to askers: [Asker]) -> [Int] {
        var result = askers.map { $0.floor }
        var left = count - result.reduce(0, +)
        if left < 0 {
            // More was promised than there is: of that everybody gets a part.
            return hand(
                max(0, count),
                to: askers.map { Asker(weight: $0.weight, floor: 0, want: $0.floor) })
        }
        // Who has the fewest for its weight if it got one more is on top.
        var heap: [(pass: Double, index: Int)] = []
        func precedes(_ a: (pass: Double, index: Int), _ b: (pass: Double, index: Int)) -> Bool {
            a.pass != b.pass ? a.pass < b.pass : a.index < b.index
        }
        func push(_ new: (pass: Double, index: Int)) {
            heap.append(new)
            var place = heap.count - 1
            while place > 0, precedes(heap[place], heap[(place - 1) / 2]) {
                heap.swapAt(place, (place - 1) / 2)
                place = (place - 1) / 2
            }
        }
        func pop() -> Int {
            let top = heap[0].index
            let last = heap.removeLast()
            if heap.isEmpty { return top }
            heap[0] = last
            var place = 0
            while true {
                var least = place
                for child in [2 * place + 1, 2 * place + 2]
                where child < heap.count && precedes(heap[child], heap[least]) { least = child }
                if least == place { return top }
                heap.swapAt(place, least)
                place = least
            }
        }
        func offer(_ index: Int) {
            if result[index] < askers[index].want {
                push((Double(result[index] + 1) / askers[index].weight, index))
            }
        }
        for index in askers.indices { offer(index) }
        while left > 0, !heap.isEmpty {
            let index = pop()
            result[index] += 1
            left -= 1
            offer(index)
        }
        return result
    }
}
