internal import Audit

/// A SHA-256 in 32 bytes of its own, where `AuditHash` would need memory elsewhere for each.
struct RecordHash: Hashable {
    var a: UInt64
    var b: UInt64
    var c: UInt64
    var d: UInt64

    static let none = RecordHash(a: 0, b: 0, c: 0, d: 0)

    init(a: UInt64, b: UInt64, c: UInt64, d: UInt64) {
        self.a = a
        self.b = b
        self.c = c
        self.d = d
    }

    /// Of 32 bytes.
    init(_ bytes: [UInt8]) {
        func word(_ start: Int) -> UInt64 {
            var word: UInt64 = 0
            for index in start..<(start + 8) { word = word << 8 | UInt64(bytes[index]) }
            return word
        }
        self.init(a: word(0), b: word(8), c: word(16), d: word(24))
    }

    /// From 64 small hexadecimal digits; nil where they are something else.
    init?(digits bytes: [UInt8], _ range: Range<Int>) {
        if range.count != 64 { return nil }
        var bad = false
        func word(_ start: Int) -> UInt64 {
            var word: UInt64 = 0
            for index in start..<(start + 16) {
                let digit = bytes[index]
                // Of a letter the lower four bits are from 1 on.
                bad = bad || !(digit &- 48 < 10 || digit &- 97 < 6)
                word = word << 4 | UInt64((digit & 15) &+ (digit >> 6) &* 9)
            }
            return word
        }
        let start = range.lowerBound
        self.init(a: word(start), b: word(start + 16), c: word(start + 32), d: word(start + 48))
        if bad { return nil }
    }

    /// As `AuditHash` has it.
    var hash: AuditHash {
        var bytes: [UInt8] = []
        for word in [a, b, c, d] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return AuditHash(bytes: bytes)
    }
}

/// A number in decimal digits as we write them: no sign, no zeroes in front; nil where it is none.
func decimal(_ bytes: [UInt8], _ range: Range<Int>) -> UInt64? {
    if range.isEmpty || range.count > 19 { return nil }
    if range.count > 1 && bytes[range.lowerBound] == UInt8(ascii: "0") { return nil }
    var value: UInt64 = 0
    for index in range {
        let byte = bytes[index]
        if byte < UInt8(ascii: "0") || byte > UInt8(ascii: "9") { return nil }
        value = value &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
    }
    return value
}

/// Names that come again and again, as small numbers.
struct NameTable {
    private var numbers: [ArraySlice<UInt8>: UInt16] = [:]
    private(set) var names: [[UInt8]] = []
    private var last: (bytes: [UInt8], number: UInt16)?

    /// The number of names at most; all others are the same one, `beyond`.
    static let countMax = 4_096
    static let beyond = UInt16.max
    static let nameBytesMax = 256

    mutating func number(_ bytes: [UInt8], _ range: Range<Int>) -> UInt16 {
        if range.count > Self.nameBytesMax { return Self.beyond }
        if let last, same(bytes, range, last.bytes) { return last.number }
        let slice = bytes[range]
        if let number = numbers[slice] {
            last = (Array(slice), number)
            return number
        }
        if names.count >= Self.countMax { return Self.beyond }
        let own = Array(slice)
        let number = UInt16(names.count)
        numbers[own[...]] = number
        names.append(own)
        last = (own, number)
        return number
    }

    subscript(_ number: UInt16) -> String {
        Int(number) < names.count ? String(decoding: names[Int(number)], as: UTF8.self) : ""
    }
}

/// Whether the bytes there are these.
func same(_ bytes: [UInt8], _ range: Range<Int>, _ other: [UInt8]) -> Bool {
    if range.count != other.count { return false }
    var index = range.lowerBound
    for byte in other {
        if bytes[index] != byte { return false }
        index += 1
    }
    return true
}
