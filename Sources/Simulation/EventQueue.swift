/// What is to happen, by its time; of two things at the same time the one that was put in first comes
/// first. A binary heap, of places alone: what is to happen stays where it is until it does.
struct EventQueue<Event> {
    private struct Entry {
        let time: Int64
        let number: UInt64
        /// In `events`.
        let place: Int

        func precedes(_ other: Entry) -> Bool {
            time != other.time ? time < other.time : number < other.number
        }
    }

    private var heap: [Entry] = []
    private var events: [Event?] = []
    private var free: [Int] = []
    private var nextNumber: UInt64 = 0

    var count: Int { heap.count }
    /// Milliseconds; nil: nothing will happen.
    var nextTime: Int64? { heap.first?.time }

    mutating func add(_ event: Event, at time: Int64) {
        let place = free.popLast() ?? events.count
        if place == events.count { events.append(event) } else { events[place] = event }
        let entry = Entry(time: time, number: nextNumber, place: place)
        nextNumber += 1
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if !entry.precedes(heap[parent]) { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = entry
    }

    /// The next, if it is no later than `end`.
    mutating func next(until end: Int64) -> (time: Int64, event: Event)? {
        guard let first = heap.first, first.time <= end, let event = events[first.place] else {
            return nil
        }
        events[first.place] = nil
        free.append(first.place)
        let last = heap.removeLast()
        if !heap.isEmpty { sink(last) }
        return (first.time, event)
    }

    /// Puts an entry in the place of the first.
    private mutating func sink(_ entry: Entry) {
        var place = 0
        while true {
            var child = 2 * place + 1
            if child >= heap.count { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            if !heap[child].precedes(entry) { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = entry
    }
}
