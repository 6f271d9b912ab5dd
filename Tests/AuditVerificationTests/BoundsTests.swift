import Audit
import AuditVerification
import Crypto
import Plan
import Testing
import TrailMaking

/// What hostile entries may be without end, and numbers that nobody means.
struct BoundsTests {
    private let maker: TrailMaker

    /// 1 audit.chain, 2–4, 5 head.
    init() throws {
        var maker = try TrailMaker(chain: "0f0e")
        maker.add(AuditEntry(.auditChain, "a chain begins"))
        try Self.add(3, to: &maker)
        try maker.head()
        self.maker = maker
    }

    private static func add(_ count: Int, to maker: inout TrailMaker) throws {
        let shop = try ProjectName("shop")
        for _ in 0..<count { maker.add(AuditEntry(.projectReady, "is ready", project: shop)) }
    }

    private func told(_ entries: [MadeEntry]) -> [String] {
        findings(judged(entries, keys: [maker.key]))
    }

    @Test func whatIsForgedHidesNothingElse() {
        var entries = maker.entries
        var other = entries.remove(at: 2)
        other.set("_UID", "1000")
        entries += [MadeEntry](repeating: other, count: 10_001)
        let verdict = judged(entries, keys: [maker.key])
        #expect(findings(verdict).first == "missing 3-3 @3")
        #expect(verdict.findings.count == 10_001 && verdict.findingsLeftOut == 1)
        #expect(!verdict.isClean)
    }

    @Test func thereAreSoManyChainsAndNoMore() throws {
        var entries: [MadeEntry] = []
        for number in 1...257 {
            var other = try TrailMaker(chain: "chain-\(number)", key: maker.key)
            other.add(AuditEntry(.auditChain, "a chain begins"))
            entries += other.entries
        }
        let verdict = judged(entries, keys: [])
        #expect(verdict.chains.count == 256)
        #expect(findings(verdict).contains("altered 1-1 @257"))
    }

    @Test func anEntryOfWhichSomeWasLeftOutIsAltered() throws {
        let digest = try Digest()
        let verifier = AuditVerifier(hash: { digest.hash($0) }, keys: [])
        for (index, made) in maker.entries.enumerated() {
            let entry = EntryFields(made.fields, number: UInt64(index + 1))
            entry.isCut = index == 2
            verifier.add(entry)
        }
        #expect(findings(verifier.verdict()) == ["altered 3-3 @3"])
    }

    /// No configuration allows them, and not all of them fit into where they are kept.
    @Test(arguments: [
        (5_000_000_000, 60), (1_000_001, 60), (1_000, 86_401), (1_000, 9_000_000_000_000),
    ])
    func aCadenceThatNobodyCanHaveSaysNothing(_ records: Int, _ seconds: Int) throws {
        var trail = maker
        trail.add(
            AuditEntry(
                .configurationApplied, "applied",
                details: [
                    (AuditField.signEveryRecords, "\(records)"),
                    (AuditField.signEvery, "\(seconds)000000"),
                ]))
        try trail.head()
        try Self.add(2_000, to: &trail)
        #expect(told(trail.entries) == [])
        try Self.add(1, to: &trail)
        #expect(told(trail.entries) == ["unsigned 8-2008 @8"])
    }

    @Test func nothingIsFoundInNoEntriesAndThatIsNotClean() {
        let verdict = judged([], keys: [maker.key])
        #expect(verdict.findings == [] && verdict.isEmpty && !verdict.isClean)
        // Somebody says that there was something.
        let cut = judged([], anchors: maker.anchors, keys: [maker.key])
        #expect(findings(cut) == ["cut-off 4-4 @0"] && !cut.isEmpty && !cut.isClean)
    }
}
