/// What is to happen, by its time; of two things at the same time the one that was put in first comes
/// first. A binary heap.
struct EventQueue<Event> {
    private struct Entry {
        let time: Int64
        let number: UInt64
        let event: Event

        func precedes(_ other: Entry) -> Bool {
            time != other.time ? time < other.time : number < other.number
        }
    }

    private var heap: [Entry] = []
    private var nextNumber: UInt64 = 0

    var count: Int { heap.count }
    /// Milliseconds; nil: nothing will happen.
    var nextTime: Int64? { heap.first?.time }

    mutating func add(_ event: Event, at time: Int64) {
        heap.append(Entry(time: time, number: nextNumber, event: event))
        nextNumber += 1
        var place = heap.count - 1
        while place > 0 {
            let parent = (place - 1) / 2
            if !heap[place].precedes(heap[parent]) { break }
            heap.swapAt(place, parent)
            place = parent
        }
    }

    /// The next, if it is no later than `end`.
    mutating func next(until end: Int64) -> (time: Int64, event: Event)? {
        guard let first = heap.first, first.time <= end else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.time, first.event)
    }

    private mutating func sink() {
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < heap.count && heap[child].precedes(heap[least]) { least = child }
            if least == place { return }
            heap.swapAt(place, least)
            place = least
        }
    }
}
