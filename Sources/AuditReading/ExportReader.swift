internal import Audit
internal import Syscalls

/// The entries of an export stream, one after the other: systemd, "Journal Export Formats".
///
/// The bytes are read into the entry's own, in large pieces, and the fields are found there. What has
/// been dealt with is overwritten: between the fields that are kept and those still to be looked at
/// there may be bytes of a field that was too large, which nothing keeps.
final class ExportReader: EntryReader {
    private let file: FileDescriptor
    private let path: String
    private var first: [UInt8]
    /// Of the bytes of the entry that is being read: those before `start` are done with, those before
    /// `kept` are fields, those from `position` to `end` have not been looked at.
    private var start = 0
    private var kept = 0
    private var position = 0
    private var end = 0
    /// Where in the file `end` is.
    private var endOffset: UInt64 = 0
    private var isAtEnd = false
    private var number: UInt64 = 0

    /// Room for the largest entry, its largest field, and a piece to read.
    private static let roomBytes =
        EntryFields.entryBytesMax + EntryFields.trustedBytesMax + 2 * EntryFields.fieldBytesMax
        + 4_096
    /// What is there at first, as most entries are small.
    private static let pieceBytes = 256 << 10
    private static let nameBytesMax = 64

    /// - Parameter first: what was already read from it.
    init(_ file: consuming FileDescriptor, path: String, first: [UInt8] = []) {
        self.file = file
        self.path = path
        self.first = first
    }

    func next(into entry: EntryFields) throws(AuditReadingError) -> Bool {
        if entry.bytes.count < Self.pieceBytes {
            entry.bytes += [UInt8](repeating: 0, count: Self.pieceBytes - entry.bytes.count)
        }
        if !first.isEmpty {
            entry.bytes.replaceSubrange(0..<first.count, with: first)
            end = first.count
            endOffset = UInt64(end)
            first = []
        }
        entry.places.removeAll(keepingCapacity: true)
        entry.isCut = false
        entry.realtime = 0
        start = position
        kept = position
        while true {
            switch parse(entry) {
            case .complete:
                number += 1
                entry.number = number
                return true
            case .hungry:
                if isAtEnd {
                    if position < end { throw damage("it ends within a field") }
                    if entry.places.isEmpty && !entry.isCut { return false }
                    number += 1
                    entry.number = number
                    return true
                }
                try fill(entry)
            case .field(let name, let count): try skip(name, count, entry)
            case .damaged(let reason): throw damage(reason)
            }
        }
    }

    private func damage(_ reason: String) -> AuditReadingError {
        .damaged(path, offset: endOffset - UInt64(end - position), reason: reason)
    }

    private enum Step {
        case complete
        /// More bytes are needed.
        case hungry
        /// A field that is too large begins at `position`: its name's length, and how long it is behind
        /// the name and the length of 8 bytes; nil: to the end of the line.
        case field(name: Int, count: UInt64?)
        case damaged(String)
    }

    /// Takes as many lines as are there, to the end of the entry.
    private func parse(_ entry: EntryFields) -> Step {
        var position = self.position
        var kept = self.kept
        var start = self.start
        let end = self.end
        // Of its own here: each look at the entry's would be checked for others that change it.
        var places: [EntryFields.Place] = []
        swap(&places, &entry.places)
        defer {
            swap(&places, &entry.places)
            self.position = position
            self.kept = kept
            self.start = start
        }
        return entry.bytes.withUnsafeMutableBytes { room in
            let bytes = UnsafeRawBufferPointer(room)
            while position < end {
                if bytes[position] == newline {
                    position += 1
                    if places.isEmpty && !entry.isCut {
                        start = position
                        kept = position
                        continue
                    }
                    return .complete
                }
                // The name: to `=`, or to the end of the line where the value is binary.
                let middle = nameEnd(in: bytes, position, end)
                if middle - position > Self.nameBytesMax {
                    return .damaged("a name of a field is longer than 64 bytes")
                }
                if middle == end { return .hungry }
                if middle == position { return .damaged("a field has no name") }
                var value: Range<Int>
                if bytes[middle] == equals {
                    let limit = min(end, middle + 2 + EntryFields.fieldBytesMax)
                    guard let last = firstNewline(in: bytes, middle + 1, limit) else {
                        return limit < end || end - middle > EntryFields.fieldBytesMax
                            ? .field(name: middle - position, count: nil) : .hungry
                    }
                    value = (middle + 1)..<last
                } else if bytes[middle] == newline {
                    if end - middle < 9 { return .hungry }
                    let count = UInt64(
                        littleEndian: bytes.loadUnaligned(
                            fromByteOffset: middle + 1, as: UInt64.self))
                    if count > UInt64(EntryFields.fieldBytesMax) {
                        return .field(name: middle - position, count: count)
                    }
                    value = (middle + 9)..<(middle + 9 + Int(count))
                    if value.upperBound >= end { return .hungry }
                    if bytes[value.upperBound] != newline {
                        return .damaged("a binary field does not end where its length says")
                    }
                } else {
                    return .damaged("a name of a field has a byte that no name has")
                }
                var name = position..<middle
                position = value.upperBound + 1
                let isTrusted = bytes[name.lowerBound] == UInt8(ascii: "_")
                // What was left out before it will be overwritten, and this with it, but for those of
                // journald's.
                if !EntryFields.keeps(
                    fieldOf: position - name.lowerBound, isTrusted: isTrusted,
                    behind: places.count, bytes: kept - start)
                    || (kept != name.lowerBound && !isTrusted)
                {
                    entry.isCut = true
                    continue
                }
                let gap = name.lowerBound - kept
                if gap > 0 {
                    let base = room.baseAddress!
                    (base + kept).copyMemory(
                        from: base + name.lowerBound, byteCount: position - name.lowerBound)
                    name = kept..<(name.upperBound - gap)
                    value = (value.lowerBound - gap)..<(value.upperBound - gap)
                }
                kept = position - gap
                if name.count == timeName.utf8CodeUnitCount, isTime(bytes, name) {
                    entry.realtime = decimal(bytes, value) ?? 0
                }
                places.append(EntryFields.Place(name: name, value: value))
            }
            return .hungry
        }
    }

    /// Passes over a field that is too large.
    private func skip(
        _ name: Int, _ count: UInt64?, _ entry: EntryFields
    ) throws(AuditReadingError) {
        entry.isCut = true
        position += name
        if let count {
            let (total, overflow) = count.addingReportingOverflow(9)
            if overflow { throw damage("a binary field is longer than any file") }
            var left = total
            while left > UInt64(end - position) {
                left -= UInt64(end - position)
                position = end
                if isAtEnd { throw damage("it ends within a field") }
                try fill(entry)
            }
            position += Int(left)
        }
        while true {
            let found = entry.bytes.withUnsafeBytes { firstNewline(in: $0, position, end) }
            if let found {
                if count != nil && found != position {
                    throw damage("a binary field does not end where its length says")
                }
                position = found + 1
                close(entry)
                return
            }
            position = end
            if isAtEnd { throw damage("it ends within a field") }
            try fill(entry)
        }
    }

    /// Puts what comes next right behind the fields that are kept.
    private func close(_ entry: EntryFields) {
        let rest = end - position
        entry.bytes.withUnsafeMutableBytes { bytes in
            let base = bytes.baseAddress!
            (base + kept).copyMemory(from: base + position, byteCount: rest)
        }
        position = kept
        end = kept + rest
    }

    /// Reads a piece, over what is done with.
    private func fill(_ entry: EntryFields) throws(AuditReadingError) {
        let fields = kept - start
        let rest = end - position
        if start > 0 {
            for index in entry.places.indices { entry.places[index].move(by: -start) }
        }
        if fields + rest > entry.bytes.count / 2, entry.bytes.count < Self.roomBytes {
            let more = min(entry.bytes.count, Self.roomBytes - entry.bytes.count)
            entry.bytes += [UInt8](repeating: 0, count: more)
        }
        let number = file.number
        var failure: SystemCallError?
        let count = entry.bytes.withUnsafeMutableBytes { bytes in
            let base = bytes.baseAddress!
            if start > 0 { base.copyMemory(from: base + start, byteCount: fields) }
            (base + fields).copyMemory(from: base + position, byteCount: rest)
            let room = UnsafeMutableRawBufferPointer(rebasing: bytes[(fields + rest)...])
            do throws(SystemCallError) { return try read(into: room, from: number) } catch {
                failure = error
                return 0
            }
        }
        start = 0
        kept = fields
        position = fields
        end = fields + rest + count
        endOffset += UInt64(count)
        if let failure { throw .system(failure) }
        isAtEnd = count == 0
    }
}

private let newline = UInt8(ascii: "\n")
private let equals = UInt8(ascii: "=")
private let timeName: StaticString = "__REALTIME_TIMESTAMP"

private func isName(_ byte: UInt8) -> Bool {
    (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")) || byte == UInt8(ascii: "_")
        || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
}

/// Where the first byte is that no name has, from `start` on; `end` where there is none before it: eight
/// bytes at a time.
private func nameEnd(in bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
    var index = start
    while index + 8 <= end {
        let word = UInt64(
            littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        // With its highest bit set a byte lends nothing to the next, and keeps it where it is not below.
        let high: UInt64 = 0x8080_8080_8080_8080
        let raised = word | high
        func isBelow(_ limit: UInt8) -> UInt64 {
            ~(raised &- UInt64(limit) &* 0x0101_0101_0101_0101)
        }
        let other =
            isBelow(UInt8(ascii: "0"))
            | (~isBelow(UInt8(ascii: "9") + 1) & isBelow(UInt8(ascii: "A")))
            | (~isBelow(UInt8(ascii: "Z") + 1) & isBelow(UInt8(ascii: "_")))
            | ~isBelow(UInt8(ascii: "_") + 1) | word
        if other & high != 0 { return index + (other & high).trailingZeroBitCount / 8 }
        index += 8
    }
    while index < end, isName(bytes[index]) { index += 1 }
    return index
}

private func isTime(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>) -> Bool {
    // Only journald's own addresses begin with two underscores.
    if bytes[name.lowerBound] != UInt8(ascii: "_") { return false }
    if bytes[name.lowerBound + 2] != UInt8(ascii: "R") { return false }
    return timeName.withUTF8Buffer { $0.elementsEqual(bytes[name]) }
}

private func decimal(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64? {
    if range.isEmpty || range.count > 18 { return nil }
    var value: UInt64 = 0
    for byte in bytes[range] {
        if byte < UInt8(ascii: "0") || byte > UInt8(ascii: "9") { return nil }
        value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
    }
    return value
}

/// Where the first newline is from `start` on and before `end`: eight bytes at a time.
private func firstNewline(in bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int? {
    var index = start
    while index + 8 <= end {
        // A byte becomes zero where it was a newline, and a zero is where a borrow comes from.
        let word =
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            ^ 0x0a0a_0a0a_0a0a_0a0a
        let found = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
        if found != 0 { return index + found.trailingZeroBitCount / 8 }
        index += 8
    }
    while index < end {
        if bytes[index] == newline { return index }
        index += 1
    }
    return nil
}

extension EntryFields.Place {
    fileprivate mutating func move(by distance: Int) {
        let step = Int32(distance)
        nameStart += step
        nameEnd += step
        valueStart += step
        valueEnd += step
    }
}
