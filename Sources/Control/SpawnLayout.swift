/// A received spawn request, checked: where in the bytes everything is.
///
/// Each string ends with a NUL within the bytes, so that an offset is a C string.
public struct SpawnLayout: Sendable {
    public var user: UInt32 = 0
    public var group: UInt32 = 0
    public var capabilities: UInt64 = 0
    public var terminal: SpawnRequest.WindowSize?
    public var lingers = false
    public var resourceLimits: [SpawnRequest.Limit] = []
    /// Offset and length in bytes.
    public var filterOffset = 0
    public var filterLength = 0
    /// Offsets of strings.
    public var directory = 0
    public var candidates: [Int] = []
    public var arguments: [Int] = []
    public var environment: [Int] = []
    public var writable: [Int] = []
    public var logFields: [UInt8] = []
    public var notify = false
    public var logsDenials = false

    /// Nil where the bytes are no spawn request, whole and nothing more.
    public init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard reader.number() == SpawnRequest.magic, let user = reader.number(),
            let group = reader.number(), let flags = reader.number(), flags <= 15,
            let rows = reader.number(), rows <= UInt16.max, let columns = reader.number(),
            columns <= UInt16.max, let capabilities = reader.longNumber(),
            let limits = reader.number(), limits <= 16
        else { return nil }
        self.user = user
        self.group = group
        self.capabilities = capabilities
        lingers = flags & 2 != 0
        notify = flags & 4 != 0
        logsDenials = flags & 8 != 0
        if flags & 1 != 0 { terminal = .init(rows: UInt16(rows), columns: UInt16(columns)) }
        for _ in 0..<limits {
            guard let resource = reader.number(), let soft = reader.longNumber(),
                let hard = reader.longNumber()
            else { return nil }
            resourceLimits.append(.init(resource: resource, soft: soft, hard: hard))
        }
        guard let length = reader.number(), let offset = reader.skip(Int(length)),
            let directory = reader.string()
        else { return nil }
        filterOffset = offset
        filterLength = Int(length)
        self.directory = directory
        guard let candidates = reader.strings(), let arguments = reader.strings(),
            let environment = reader.strings(), let writable = reader.strings(),
            let logFields = reader.logFields(), reader.isAtEnd, !arguments.isEmpty,
            SpawnRequest.filterLengths.contains(filterLength),
            filterLength % 8 == 0
        else { return nil }
        self.candidates = candidates
        self.arguments = arguments
        self.environment = environment
        self.writable = writable
        self.logFields = logFields
    }
}

/// Reads what `ByteWriter` wrote; nil past the end.
struct ByteReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() -> UInt8? {
        guard let offset = skip(1) else { return nil }
        return bytes[offset]
    }

    mutating func number() -> UInt32? {
        guard let offset = skip(4) else { return nil }
        var value: UInt32 = 0
        for index in 0..<4 { value |= UInt32(bytes[offset + index]) << UInt32(8 * index) }
        return value
    }

    mutating func longNumber() -> UInt64? {
        guard let low = number(), let high = number() else { return nil }
        return UInt64(low) | UInt64(high) << 32
    }

    /// Passes over `count` bytes and tells where they begin.
    mutating func skip(_ count: Int) -> Int? {
        guard count <= bytes.count - position else { return nil }
        defer { position += count }
        return position
    }

    mutating func string() -> Int? {
        guard let length = number(), let offset = skip(Int(length)), byte() == 0 else { return nil }
        // A NUL inside would make a shorter string of it than the one that was checked.
        for index in offset..<(offset + Int(length)) where bytes[index] == 0 { return nil }
        return offset
    }

    mutating func strings() -> [Int]? {
        guard let count = number(), Int(count) <= bytes.count - position else { return nil }
        var result: [Int] = []
        for _ in 0..<count {
            guard let offset = string() else { return nil }
            result.append(offset)
        }
        return result
    }

    /// None, or some that end with a newline, so that a field can follow.
    mutating func logFields() -> [UInt8]? {
        guard let length = number(), length <= SpawnRequest.logFieldsLengthMax,
            let offset = skip(Int(length))
        else { return nil }
        let fields = Array(bytes[offset..<(offset + Int(length))])
        return fields.isEmpty || fields.last == UInt8(ascii: "\n") ? fields : nil
    }

    mutating func rest() -> [UInt8] {
        defer { position = bytes.count }
        return Array(bytes[position...])
    }
}
