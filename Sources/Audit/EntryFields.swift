/// One entry of a journal, with its fields as they lie in one run of bytes: what a reader fills again
/// and again, so that a million entries need no memory each.
public final class EntryFields {
    /// Where one field is in `bytes`.
    @frozen
    public struct Place: Hashable, Sendable {
        public var nameStart: Int32
        public var nameEnd: Int32
        public var valueStart: Int32
        public var valueEnd: Int32

        @inlinable
        public init(name: Range<Int>, value: Range<Int>) {
            nameStart = Int32(name.lowerBound)
            nameEnd = Int32(name.upperBound)
            valueStart = Int32(value.lowerBound)
            valueEnd = Int32(value.upperBound)
        }

        @inlinable public var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
        @inlinable public var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    }

    /// Longer fields are left out, and the entry `isCut`.
    public static let fieldBytesMax = 1 << 20
    /// Of an entry that has more, the fields after are left out.
    public static let entryBytesMax = 4 << 20
    public static let fieldsMax = 1_024
    /// journald's own fields, which begin with `_` and may come last, have room of their own behind that:
    /// whoever sends too much cannot hide who they are.
    public static let trustedFieldsMax = 64
    public static let trustedBytesMax = 256 << 10
    /// Of those; longer ones have no such room.
    public static let trustedFieldBytesMax = 8 << 10

    /// The fields, and whatever else the reader keeps there.
    public var bytes: [UInt8] = []
    public var places: [Place] = []
    /// Microseconds since the epoch, as journald received it; 0 where that is not known.
    public var realtime: UInt64 = 0
    /// Which entry of the source it is, from 1.
    public var number: UInt64 = 0
    /// Some of it was left out: it is larger than any entry of ours.
    public var isCut = false

    public init() {}

    /// Whether a field is to be kept behind `fields` others that take `bytes`.
    ///
    /// - Parameters:
    ///   - count: its bytes, with its name.
    ///   - isTrusted: its name begins with `_`.
    @inlinable
    public static func keeps(
        fieldOf count: Int, isTrusted: Bool, behind fields: Int, bytes: Int
    ) -> Bool {
        if fields < fieldsMax && bytes + count <= entryBytesMax { return true }
        return isTrusted && count <= trustedFieldBytesMax
            && fields < fieldsMax + trustedFieldsMax
            && bytes + count <= entryBytesMax + trustedBytesMax
    }

    /// The first value of this name.
    public func value(of name: StaticString) -> ArraySlice<UInt8>? {
        let wanted = Array("\(name)".utf8)
        for place in places where bytes[place.name].elementsEqual(wanted) {
            return bytes[place.value]
        }
        return nil
    }

    /// An entry that is made, not read.
    public convenience init(
        _ fields: [(name: String, value: [UInt8])], realtime: UInt64 = 0, number: UInt64 = 0
    ) {
        self.init()
        for (name, value) in fields { append(name, value) }
        self.realtime = realtime
        self.number = number
    }

    /// Puts a field behind the others.
    public func append(_ name: String, _ value: some Sequence<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: name.utf8)
        let middle = bytes.count
        bytes.append(contentsOf: value)
        places.append(Place(name: start..<middle, value: middle..<bytes.count))
    }
}
