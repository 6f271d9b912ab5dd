import Audit
import AuditReading
public import AuditVerification
public import Crypto
import Plan
import Syscalls
public import Testbed

/// A whole trail, as it was written: with heads, restarts of the supervisor, two boots, and records that
/// journald had lost.
public struct TrueTrail {
    public let entries: [MadeEntry]
    public let anchors: [String]
    public let key: SigningKey
    public let digest: Digest
    public let chain: String
    /// The last record that something signed from outside names.
    public let anchored: UInt64

    public init(seed: UInt64, machine: String? = nil) throws {
        var random = Seeded(seed)
        func hex(_ count: Int) -> String {
            hexadecimal((0..<count).map { _ in UInt8(random.below(256)) })
        }
        let (own, place) = (hex(16), machine ?? hex(16))
        var maker = try TrailMaker(chain: own, machine: place)
        maker.boot = hex(16)
        maker.add(AuditEntry(.auditChain, "a chain of records begins"))
        try maker.start()
        for boot in 0..<2 {
            if boot > 0 { try maker.start(boot: hex(16)) }
            for _ in 0..<(20 + random.below(50)) {
                try maker.anything(&random)
                if random.oneIn(10) { try maker.head() }
                if random.oneIn(25) { try Self.lose(&maker, &random) }
                if random.oneIn(25) {
                    let lost = maker.entries.count - 1
                    // What was on its way when the supervisor was killed.
                    let isLost =
                        random.oneIn(2)
                        && maker.entries[lost].text(AuditField.republished) == nil
                    try maker.start(lost: isLost ? lost : nil)
                }
            }
            if random.oneIn(2) {
                maker.add(AuditEntry(.supervisorStopped, "bulkheadd stops"))
                try maker.head()
            }
        }
        try maker.anchor()
        anchored = maker.sequence
        for _ in 0..<random.below(4) { try maker.anything(&random) }
        entries = maker.entries
        anchors = maker.anchors
        key = maker.key
        chain = own
        digest = maker.digest
    }

    /// journald has lost the last ones, they are sent once more, and a record tells of it.
    private static func lose(_ maker: inout TrailMaker, _ random: inout Seeded) throws {
        let first = max(maker.entries.count - 1 - random.below(6), 0)
        var lost = Array(maker.entries.indices[first...])
        // Those that stand in the order of their numbers.
        let isLate = { maker.entries[$0].text(AuditField.republished) != nil }
        if lost.contains(where: isLate) { return }
        let numbers = lost.map { maker.entries[$0].sequence }
        if numbers.last! - numbers[0] != UInt64(lost.count - 1) { return }
        // Some of them, so that there are several ranges.
        while lost.count > 1, random.oneIn(2) { lost.remove(at: random.below(lost.count)) }
        for _ in 0..<random.below(4) { try maker.anything(&random) }
        for (range, count) in AuditRanges.texts(
            of: lost.map { maker.entries[$0].sequence }, bytesMax: 8)
        {
            maker.add(
                AuditEntry(
                    .auditGap, "records that journald had lost are sent once more",
                    details: [(AuditField.range, range), (AuditField.count, String(count))]))
        }
        // At once where a head counts them; else a later one does.
        if random.oneIn(2) { try maker.head() }
        for (gone, index) in lost.enumerated() { maker.republish(index - gone) }
    }

    /// Of a ledger that was put back: a chain that begins where this one ends, some records of it and a head.
    public func followed(_ random: inout Seeded) throws -> [MadeEntry] {
        let last = entries.max { $0.sequence < $1.sequence }!
        var maker = try TrailMaker(
            chain: hexadecimal((0..<16).map { _ in UInt8(random.below(256)) }),
            machine: entries[0].text("_MACHINE_ID")!, key: key)
        maker.boot = entries[entries.count - 1].text("_BOOT_ID")!
        maker.at = Int64(entries[entries.count - 1].realtime)
        maker.add(
            AuditEntry(
                .auditChain, "a new chain of records begins",
                details: [
                    (AuditField.oldChain, last.text(AuditField.chain)!),
                    (AuditField.oldSequence, String(last.sequence)),
                    (AuditField.oldHash, last.text(AuditField.hash)!),
                ]))
        for _ in 0..<random.below(5) { try maker.anything(&random) }
        try maker.head()
        for _ in 0..<random.below(3) { try maker.anything(&random) }
        return entries + maker.entries
    }

    /// What the verifier says of these entries, read as an export of them.
    public func verdict(
        of entries: [MadeEntry], anchors: [String]? = nil, withKey: Bool = true
    ) throws -> AuditVerdict {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count * 1_500)
        for entry in entries { bytes += entry.exported }
        return try verdict(ofExport: bytes, anchors: anchors, withKey: withKey)
    }

    public func verdict(
        ofExport bytes: [UInt8], anchors: [String]? = nil, withKey: Bool = true
    ) throws -> AuditVerdict {
        let file = try memoryFile("export", containing: bytes)
        let source = try AuditSource(["/proc/self/fd/\(file.number)"])
        let verifier = verifier(anchors: anchors, withKey: withKey)
        while let entry = try source.nextFields() { verifier.add(entry) }
        return verifier.verdict()
    }

    public func verifier(anchors: [String]? = nil, withKey: Bool = true) -> AuditVerifier {
        let digest = digest
        let publicKey = key.publicKey
        let id = publicKey.name(digest)
        let lines = anchors ?? self.anchors
        return AuditVerifier(
            hash: { digest.hash($0) },
            keys: withKey ? [AuditKey(id: id) { publicKey.verifies($0, of: $1) }] : [],
            anchors: lines.enumerated().compactMap { index, line in
                AuditStatement.parse(line).map {
                    AuditAnchor($0.0, signature: $0.signature, line: index + 1)
                }
            })
    }
}
