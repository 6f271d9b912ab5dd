/// The names of fields as numbers, so that the thirty of an entry are told apart without a string each:
/// the first 16 bytes of a name, and how many it has. Of Bulkhead's own what is behind `BULKHEAD_`.
struct NameKey: Hashable {
    var high: UInt64
    var low: UInt64
    var count: Int

    init(_ high: UInt64, _ low: UInt64, _ count: Int) {
        self.high = high
        self.low = low
        self.count = count
    }

    /// Of the bytes from `start` on and before `end`.
    init(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        count = end - start
        for index in start..<min(start + 8, end) { high = high << 8 | UInt64(bytes[index]) }
        if count > 8 {
            for index in (start + 8)..<min(start + 16, end) {
                low = low << 8 | UInt64(bytes[index])
            }
            if count < 16 { low <<= UInt64(8 * (16 - count)) }
        } else if count < 8 {
            high <<= UInt64(8 * (8 - count))
        }
        self.high = high
        self.low = low
    }

    /// As their names' bytes are ordered; equal also where only what is behind byte 16 differs.
    static func precedes(_ one: NameKey, _ other: NameKey) -> Bool? {
        if one.high != other.high { return one.high < other.high }
        if one.low != other.low { return one.low < other.low }
        if one.count > 16 && other.count > 16 { return nil }
        return one.count == other.count ? nil : one.count < other.count
    }

    static let sequence = NameKey(0x5345510000000000, 0x0, 3)
    static let previous = NameKey(0x5052455600000000, 0x0, 4)
    static let hash = NameKey(0x4841534800000000, 0x0, 4)
    static let republished = NameKey(0x52455055424c4953, 0x4845440000000000, 11)
    static let chain = NameKey(0x434841494e000000, 0x0, 5)
    static let at = NameKey(0x4154000000000000, 0x0, 2)
    static let event = NameKey(0x4556454e54000000, 0x0, 5)
    static let project = NameKey(0x50524f4a45435400, 0x0, 7)
    static let workload = NameKey(0x574f524b4c4f4144, 0x0, 8)
    static let run = NameKey(0x52554e0000000000, 0x0, 3)
    static let limit = NameKey(0x4c494d4954000000, 0x0, 5)
    static let from = NameKey(0x46524f4d00000000, 0x0, 4)
    static let to = NameKey(0x544f000000000000, 0x0, 2)
    static let range = NameKey(0x52414e4745000000, 0x0, 5)
    static let headSeq = NameKey(0x484541445f534551, 0x0, 8)
    static let headHash = NameKey(0x484541445f484153, 0x4800000000000000, 9)
    static let headKey = NameKey(0x484541445f4b4559, 0x0, 8)
    static let signature = NameKey(0x5349474e41545552, 0x4500000000000000, 9)

    static let message = NameKey(0x4d45535341474500, 0x0, 7)
    static let messageId = NameKey(0x4d4553534147455f, 0x4944000000000000, 10)
    static let objectPid = NameKey(0x4f424a4543545f50, 0x4944000000000000, 10)
    static let priority = NameKey(0x5052494f52495459, 0x0, 8)
    static let syslogIdentifier = NameKey(0x5359534c4f475f49, 0x44454e5449464945, 17)
    static let senderPID = NameKey(0x5f50494400000000, 0x0, 4)
    static let senderUser = NameKey(0x5f55494400000000, 0x0, 4)
    static let senderProgram = NameKey(0x5f45584500000000, 0x0, 4)
    static let senderCommand = NameKey(0x5f434f4d4d000000, 0x0, 5)
    static let senderUnit = NameKey(0x5f53595354454d44, 0x5f554e4954000000, 13)
    static let boot = NameKey(0x5f424f4f545f4944, 0x0, 8)
    static let machine = NameKey(0x5f4d414348494e45, 0x5f49440000000000, 11)
    static let transport = NameKey(0x5f5452414e53504f, 0x5254000000000000, 10)
}
