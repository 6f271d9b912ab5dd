internal import Audit

/// What one look at an entry's fields has found: where each field is that matters, and the hash over
/// those that are chained.
struct EntryLook {
    typealias Place = Range<Int>

    // Ours; the first of each name.
    var sequence: Place?
    var previous: Place?
    var hash: Place?
    var chain: Place?
    var at: Place?
    var event: Place?
    var project: Place?
    var workload: Place?
    var run: Place?
    var limit: Place?
    var from: Place?
    var to: Place?
    var range: Place?
    var headSequence: Place?
    var headHash: Place?
    var headKey: Place?
    var signature: Place?
    var messageID: Place?
    var isRepublished = false

    // journald's.
    var senderPID: Place?
    var senderUser: Place?
    var senderProgram: Place?
    var senderCommand: Place?
    var senderUnit: Place?
    var boot: Place?
    var machine: Place?
    var transport: Place?

    /// Whether it is a record or says that it is one.
    var isOfRecord: Bool { sequence != nil || previous != nil || hash != nil || chain != nil }
}

/// Looks at entries, in memory that is used again.
struct EntryLooker {
    private struct Chained {
        /// Bulkhead's own names come before all others.
        var isOurs: Bool
        var key: NameKey
        var place: EntryFields.Place
    }

    private var chained: [Chained] = []
    /// The bytes that are hashed.
    private(set) var canonical: [UInt8] = []

    /// Finds the fields. `canonical` is made only where it is of a record.
    mutating func look(at entry: EntryFields) -> EntryLook {
        var look = EntryLook()
        chained.removeAll(keepingCapacity: true)
        // Taken out while it is looked at: what may be shared would be counted at each step.
        var all: [UInt8] = []
        swap(&all, &entry.bytes)
        defer { swap(&all, &entry.bytes) }
        let bytes = all.span
        for place in entry.places {
            let start = Int(place.nameStart)
            let end = Int(place.nameEnd)
            if start == end { continue }
            switch bytes[start] {
            case UInt8(ascii: "B"): own(bytes, start, end, place, &look)
            case UInt8(ascii: "_"): Self.trusted(bytes, start, end, place, &look)
            case UInt8(ascii: "M"), UInt8(ascii: "O"), UInt8(ascii: "P"), UInt8(ascii: "S"):
                let key = NameKey(bytes, start, end)
                switch key {
                case .message, .objectPid, .priority: break
                case .messageId: set(&look.messageID, place)
                case .syslogIdentifier where bytes[end - 1] == UInt8(ascii: "R"): break
                default: continue
                }
                chained.append(Chained(isOurs: false, key: key, place: place))
            default: continue
            }
        }
        if look.isOfRecord {
            sort(bytes, all)
            makeCanonical(bytes)
        }
        return look
    }

    private mutating func own(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ place: EntryFields.Place,
        _ look: inout EntryLook
    ) {
        // "BULKHEAD" and "_".
        if end - start < 9 || bytes[start + 8] != UInt8(ascii: "_")
            || NameKey(bytes, start, start + 8).high != 0x4255_4c4b_4845_4144
        {
            return
        }
        let key = NameKey(bytes, start + 9, end)
        switch key {
        case .hash:
            set(&look.hash, place)
            return
        case .republished:
            look.isRepublished = true
            return
        case .sequence: set(&look.sequence, place)
        case .previous: set(&look.previous, place)
        case .chain: set(&look.chain, place)
        case .at: set(&look.at, place)
        case .event: set(&look.event, place)
        case .project: set(&look.project, place)
        case .workload: set(&look.workload, place)
        case .run: set(&look.run, place)
        case .limit: set(&look.limit, place)
        case .from: set(&look.from, place)
        case .to: set(&look.to, place)
        case .range: set(&look.range, place)
        case .headSeq: set(&look.headSequence, place)
        case .headHash: set(&look.headHash, place)
        case .headKey: set(&look.headKey, place)
        case .signature: set(&look.signature, place)
        default: break
        }
        chained.append(Chained(isOurs: true, key: key, place: place))
    }

    private static func trusted(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ place: EntryFields.Place,
        _ look: inout EntryLook
    ) {
        if end - start > 13 { return }
        switch NameKey(bytes, start, end) {
        case .senderPID: set(&look.senderPID, place)
        case .senderUser: set(&look.senderUser, place)
        case .senderProgram: set(&look.senderProgram, place)
        case .senderCommand: set(&look.senderCommand, place)
        case .senderUnit: set(&look.senderUnit, place)
        case .boot: set(&look.boot, place)
        case .machine: set(&look.machine, place)
        case .transport: set(&look.transport, place)
        default: break
        }
    }

    /// `AuditRecord`'s bytes, of fields in any order.
    private mutating func makeCanonical(_ bytes: Span<UInt8>) {
        var count = 0
        for field in chained {
            let (name, value) = (field.place.name.count, field.place.value.count)
            count += name + Self.digits(of: value) + value + 3
        }
        // A slice that is appended would be counted, and a million of records have thirty million.
        var canonical: [UInt8] = []
        swap(&canonical, &self.canonical)
        defer { swap(&canonical, &self.canonical) }
        canonical.removeAll(keepingCapacity: true)
        canonical.append(contentsOf: repeatElement(0, count: count))
        var text = canonical.mutableSpan
        var end = 0
        for field in chained {
            let (name, value) = (field.place.name, field.place.value)
            for index in name {
                text[end] = bytes[index]
                end += 1
            }
            text[end] = UInt8(ascii: "=")
            let digits = Self.digits(of: value.count)
            var number = value.count
            for place in 0..<digits {
                text[end + digits - place] = UInt8(ascii: "0") + UInt8(number % 10)
                number /= 10
            }
            end += digits + 1
            text[end] = UInt8(ascii: ":")
            end += 1
            for index in value {
                text[end] = bytes[index]
                end += 1
            }
            text[end] = UInt8(ascii: "\n")
            end += 1
        }
    }

    private static func digits(of number: Int) -> Int {
        var (digits, rest) = (1, number)
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        return digits
    }

    private mutating func sort(_ bytes: Span<UInt8>, _ all: [UInt8]) {
        if chained.count > 40 {
            chained.sort { Self.precedes($0, $1, all.span) }
            return
        }
        // Of a dozen that come in nearly the same order each time.
        var index = 1
        while index < chained.count {
            let field = chained[index]
            var place = index
            while place > 0, Self.precedes(field, chained[place - 1], bytes) {
                chained[place] = chained[place - 1]
                place -= 1
            }
            chained[place] = field
            index += 1
        }
    }

    private static func precedes(_ one: Chained, _ other: Chained, _ bytes: Span<UInt8>) -> Bool {
        if one.isOurs != other.isOurs { return one.isOurs }
        if let answer = NameKey.precedes(one.key, other.key) { return answer }
        if one.key.count <= 16 { return false }
        var (left, right) = (one.place.name.lowerBound, other.place.name.lowerBound)
        while left < one.place.name.upperBound, right < other.place.name.upperBound {
            if bytes[left] != bytes[right] { return bytes[left] < bytes[right] }
            left += 1
            right += 1
        }
        return one.place.name.count < other.place.name.count
    }
}

private func set(_ place: inout Range<Int>?, _ found: EntryFields.Place) {
    if place == nil { place = found.value }
}
