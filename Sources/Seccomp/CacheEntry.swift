internal import CSeccomp

/// What a file of the cache holds: a compiled filter, what it was asked for by, and what it depends
/// on. Little-endian; texts and lists begin with their length in four bytes.
struct CacheEntry: Hashable {
    var evidence: [Evidence]
    var digest: String
    var instructions: [UInt8]

    /// The largest program with room for the paths.
    static let sizeMax = instructionCountMax * Instruction.size + 32_768

    init(evidence: [Evidence], digest: String, instructions: [UInt8]) {
        self.evidence = evidence
        self.digest = digest
        self.instructions = instructions
    }

    func encoded(request: [UInt8]) -> [UInt8] {
        var body = ByteWriter()
        for word in Self.makers { body.append(word) }
        body.append(blob: request)
        body.append(blob: digest.utf8)
        body.append(UInt32(evidence.count))
        for item in evidence {
            switch item {
            case .absent(let path):
                body.append(UInt32(0))
                body.append(blob: path.utf8)
            case .file(let path, let file):
                body.append(UInt32(1))
                body.append(blob: path.utf8)
                for word in [
                    file.device, file.inode, file.size, UInt64(bitPattern: file.modified),
                    UInt64(bitPattern: file.changed),
                ] { body.append(word) }
            case .changing: body.append(UInt32(2))
            }
        }
        body.append(blob: instructions)
        var result = ByteWriter()
        result.append(Self.magic)
        result.append(checksum(body.bytes))
        return result.bytes + body.bytes
    }

    /// Nil where the bytes are damaged, from another version, or answer another request.
    init?(decoding bytes: [UInt8], request: [UInt8]) {
        var reader = ByteReader(bytes)
        guard reader.word() == Self.magic, let sum = reader.word(),
            sum == checksum(bytes[16...]), Self.makers.allSatisfy({ $0 == reader.half() }),
            reader.blob() == request, let digest = reader.text(), let count = reader.half(),
            count <= Self.evidenceCountMax
        else { return nil }
        var evidence: [Evidence] = []
        for _ in 0..<count {
            guard let item = Self.evidence(&reader) else { return nil }
            evidence.append(item)
        }
        guard let instructions = reader.blob(), reader.isAtEnd, !instructions.isEmpty,
            instructions.count % Instruction.size == 0,
            instructions.count <= instructionCountMax * Instruction.size
        else { return nil }
        self.init(evidence: evidence, digest: digest, instructions: instructions)
    }

    private static func evidence(_ reader: inout ByteReader) -> Evidence? {
        guard let kind = reader.half(), let path = reader.text() else { return nil }
        switch kind {
        case 0: return .absent(path)
        case 1:
            guard let device = reader.word(), let inode = reader.word(), let size = reader.word(),
                let modified = reader.word(), let changed = reader.word()
            else { return nil }
            let file = Fingerprint(
                device: device, inode: inode, size: size, modified: Int64(bitPattern: modified),
                changed: Int64(bitPattern: changed))
            return .file(path, file)
        default: return nil
        }
    }

    /// "bhseccmp".
    private static let magic: UInt64 = 0x706d_6363_6573_6862
    /// Sources with the directories that were searched for each.
    private static let evidenceCountMax: UInt32 = 256

    /// What takes part in making a filter beside the profile: the version of our compiler (raise it
    /// when that changes), the last call of our table, and libseccomp, which knows the older calls.
    private static var makers: [UInt32] {
        // The version's struct is static in libseccomp.
        let library = seccomp_version().pointee
        return [
            2, SystemCallTable.architecture, UInt32(SystemCallTable.newest), library.major,
            library.minor, library.micro,
        ]
    }
}

struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func append(_ value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func append(blob: some Collection<UInt8>) {
        append(UInt32(blob.count))
        bytes.append(contentsOf: blob)
    }
}

/// Every answer is nil once there are not enough bytes left.
struct ByteReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func half() -> UInt32? { take(4).map { UInt32(truncatingIfNeeded: Self.value($0)) } }
    mutating func word() -> UInt64? { take(8).map(Self.value) }
    mutating func text() -> String? { blob().map { String(decoding: $0, as: UTF8.self) } }

    mutating func blob() -> [UInt8]? {
        guard let count = half(), let bytes = take(Int(count)) else { return nil }
        return Array(bytes)
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        if rest.count < count { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private static func value(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// FNV-1a over words of 8 bytes, the last filled up with zeroes: tells damage from health. It is no
/// defence; the directory is.
func checksum(_ bytes: some RandomAccessCollection<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(bytes.count)
    var word: UInt64 = 0
    var filled = 0
    for byte in bytes {
        word |= UInt64(byte) << (8 * filled)
        filled += 1
        if filled == 8 {
            hash = (hash ^ word) &* 0x100_0000_01b3
            (word, filled) = (0, 0)
        }
    }
    return (hash ^ word) &* 0x100_0000_01b3
}
