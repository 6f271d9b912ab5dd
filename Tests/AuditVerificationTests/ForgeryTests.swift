import Audit
import AuditVerification
import Crypto
import Plan
import Testing
import TrailMaking

/// What somebody can write who has no key: hashes that fit, as many as they like.
struct ForgeryTests {
    let maker: TrailMaker

    /// 1 audit.chain, 2 supervisor.started, 3–5, 6 head, 7–8, 9 head.
    init() throws {
        var maker = try TrailMaker(chain: "0f0e")
        maker.add(AuditEntry(.auditChain, "a chain begins"))
        maker.add(
            AuditEntry(
                .supervisorStarted, "bulkheadd has started", details: Self.cadence(1_000, 60)))
        try Self.add(3, to: &maker)
        try maker.head()
        try Self.add(2, to: &maker)
        try maker.head()
        self.maker = maker
    }

    private static func cadence(
        _ records: Int, _ seconds: Int
    ) -> [(name: String, value: String)] {
        [
            (AuditField.signEveryRecords, "\(records)"),
            (AuditField.signEvery, "\(seconds)000000"),
        ]
    }

    static func add(
        _ count: Int, to maker: inout TrailMaker, seconds: Int64 = 0
    ) throws {
        let shop = try ProjectName("shop")
        for _ in 0..<count {
            maker.at += seconds * 1_000_000
            maker.add(AuditEntry(.projectReady, "is ready", project: shop))
        }
    }

    func told(
        _ entries: [MadeEntry], anchors: [String] = [], since: Int64? = nil
    ) -> [String] {
        findings(judged(entries, anchors: anchors, keys: [maker.key], since: since))
    }

    @Test func aTrailWithoutAnySignatureIsUnsigned() throws {
        var forged = try TrailMaker(chain: "0a0b", key: maker.key)
        forged.add(AuditEntry(.auditChain, "a chain begins"))
        try Self.add(1_999, to: &forged)
        let young = judged(forged.entries, keys: [maker.key])
        #expect(young.isClean)
        #expect(
            young.notes == [
                "chain 0a0b: nothing here is signed yet, and so anybody could have made it up"
            ])
        try Self.add(1, to: &forged)
        #expect(told(forged.entries) == ["unsigned 1-2001 @1"])
        #expect(findings(judged(forged.entries, keys: [])) == [])
    }

    @Test func aTailThatIsLongerThanHeadsAreApartIsUnsigned() throws {
        var forged = maker
        try Self.add(2_000, to: &forged)
        #expect(told(forged.entries) == [])
        try Self.add(1, to: &forged)
        #expect(told(forged.entries) == ["unsigned 10-2010 @10"])
    }

    @Test func aTailThatIsOlderThanHeadsAreApartIsUnsigned() throws {
        var forged = maker
        // That nothing was written down for a day is nobody's fault.
        forged.at += 86_400_000_000
        try Self.add(42, to: &forged, seconds: 10)
        #expect(told(forged.entries) == [])
        try Self.add(1, to: &forged, seconds: 10)
        #expect(told(forged.entries) == ["unsigned 10-52 @10"])
    }

    @Test func ofAClockThatWasSetBackNothingCanBeTold() throws {
        var trail = maker
        try Self.add(1, to: &trail)
        trail.at -= 86_400_000_000
        try Self.add(1, to: &trail)
        #expect(told(trail.entries) == [])
    }

    @Test func headsThatAreNoneVouchForNothingAndAreNoTailThatMayBeLonger() throws {
        var forged = maker
        forged.key = try SigningKey()
        for _ in 0..<2_001 { try forged.head() }
        let told = told(forged.entries)
        #expect(told.first == "head-forged 10-10 @10" && told.count == 2_002)
        #expect(told.contains("unsigned 10-2010 @10"))
    }

    @Test func howLongATailMayBeSaysTheLastRecordThatIsSigned() throws {
        var slow = maker
        slow.add(
            AuditEntry(.configurationApplied, "applied", details: Self.cadence(10, 3_600)))
        try slow.head()
        try Self.add(20, to: &slow, seconds: 60)
        #expect(told(slow.entries) == [])
        try Self.add(1, to: &slow, seconds: 60)
        #expect(told(slow.entries) == ["unsigned 12-32 @12"])
        // What is not signed says nothing.
        var forged = maker
        forged.add(
            AuditEntry(.configurationApplied, "applied", details: Self.cadence(1_000, 86_400)))
        try Self.add(50, to: &forged, seconds: 10)
        #expect(told(forged.entries) == ["unsigned 10-60 @10"])
    }

    @Test func whatTellsOfAnchorsNeedsNoHeadOfItsOwn() {
        var trail = maker
        trail.add(AuditEntry(.auditAnchorFailed, "failed"))
        trail.at += 86_400_000_000
        trail.add(AuditEntry(.auditAnchored, "works again"))
        #expect(told(trail.entries) == [])
        // Only of so many: what they say beside it anybody could have made up.
        for _ in 0..<62 { trail.add(AuditEntry(.auditAnchorFailed, "shop was stopped")) }
        #expect(told(trail.entries) == [])
        var slow = trail
        slow.at += 86_400_000_000
        slow.add(AuditEntry(.auditAnchored, "works again"))
        #expect(told(slow.entries) == ["unsigned 10-74 @10"])
        for _ in 0..<2_000 { trail.add(AuditEntry(.auditAnchored, "shop was stopped")) }
        trail.at -= 86_400_000_000
        trail.add(AuditEntry(.auditAnchored, "shop was stopped"))
        #expect(told(trail.entries) == ["unsigned 10-2074 @10"])
    }

    @Test func whatTellsOfAnchorsVouchesForNothing() throws {
        var trail = maker
        for _ in 0..<3 { trail.add(AuditEntry(.auditAnchored, "shop was stopped")) }
        let entries = Array(trail.entries[9...])
        #expect(told(entries) == ["unsigned 10-12 @1"])
        #expect(told(entries, anchors: maker.anchors) == ["unsigned 10-12 @1"])
        let later = judged(entries, keys: [maker.key], since: 1)
        #expect(later.isClean)
        #expect(
            later.notes.last
                == "chain 0f0e: nothing here is signed yet, and so anybody could have made it up")
    }

    @Test func anAnchorOfTheRecordBeforeTheFirstIsComparedWithIt() throws {
        var entries = Array(maker.entries[8...])
        #expect(told(entries, anchors: maker.anchors) == [])
        entries[0].set(AuditField.previous, String(repeating: "1", count: 64))
        entries[0].set(AuditField.event, "project.ready")
        entries[0].hashAgain(maker.digest)
        #expect(told(entries, anchors: maker.anchors) == ["inserted 9-9 @1"])
    }

    @Test func whatComesAfterAllAnchorsIsVouchedForByNothing() throws {
        var trail = maker
        try Self.add(3, to: &trail)
        let entries = Array(trail.entries[10...])
        #expect(told(entries, anchors: maker.anchors) == ["unsigned 11-12 @1"])
        #expect(told(entries) == ["unsigned 11-12 @1"])
        #expect(told(entries, since: 1) == [])
        #expect(
            told(entries, anchors: maker.anchors, since: 1) == ["unsigned 11-12 @1"])
        #expect(told(Array(trail.entries[8...]), anchors: maker.anchors) == [])
        // The head is signed itself; an anchor names the record before these.
        #expect(told(Array(trail.entries[8...])) == [])
        try trail.anchor()
        #expect(told(entries, anchors: trail.anchors) == [])
    }

    @Test func anAnchorAndAHeadThatNameDifferentRecordsAreOfTwoTrails() throws {
        var other = try TrailMaker(chain: "0f0e", key: maker.key)
        try Self.add(8, to: &other)
        try other.anchor()
        #expect(told(maker.entries, anchors: other.anchors) == ["forked 8-8 @0"])
    }

    @Test func anAnchorThatSomebodyElseSignedIsForged() throws {
        var other = maker
        other.key = try SigningKey()
        try other.anchor()
        let anchor = Array(other.anchors[2...])
        #expect(told(maker.entries, anchors: anchor) == ["head-forged 9-9 @0"])
        #expect(judged(maker.entries, anchors: anchor, keys: [maker.key]).anchorsGood == 0)
    }

    @Test func anAnchorBeyondAllNumbersIsNone() {
        let line = maker.anchors[0].replacing(" 5 ", with: " 18446744073709551615 ")
        #expect(line != maker.anchors[0] && AuditStatement.parse(line) == nil)
        let largest = maker.anchors[0].replacing(" 5 ", with: " 9223372036854775807 ")
        let verdict = judged(maker.entries, anchors: [largest], keys: [])
        #expect(findings(verdict) == ["cut-off 10-9223372036854775807 @9"])
    }

    @Test func anyOfSeveralKeysMayHaveSigned() throws {
        var later = maker
        later.key = try SigningKey()
        try Self.add(2, to: &later)
        try later.head()
        let verdict = judged(
            later.entries, anchors: later.anchors, keys: [maker.key, later.key])
        #expect(verdict.isClean && verdict.anchorsGood == 3)
        let signers = verdict.chains[0].signers.sorted { $0.to < $1.to }
        #expect(signers.map(\.to) == [8, 11] && signers.map(\.heads) == [2, 1])
        #expect(findings(judged(later.entries, keys: [maker.key])) == ["head-forged 12-12 @12"])
    }

    // MARK: What is no record

    @Test func onlyOneChainIsLookedAtWhereThatIsAsked() throws {
        var other = maker.entries[3]
        other.set("_UID", "1000")
        let own = judged(maker.entries + [other], keys: [maker.key], chain: "0f0e")
        #expect(findings(own) == ["forged 4-4 @10"])
        other.set(AuditField.chain, "0a0b")
        let left = judged(maker.entries + [other], keys: [maker.key], chain: "0f0e")
        #expect(left.isClean && left.notes == ["1 entries of other chains were left out"])
        // What names none may be of it.
        other.fields.removeAll { $0.name == AuditField.chain }
        let bare = judged(maker.entries + [other], keys: [maker.key], chain: "0f0e")
        #expect(findings(bare) == ["forged 4-4 @10"])
    }

    @Test func whatIsTooLargeToSayWhoSentItIsForgedAndTakesNoChainsPlace() {
        let digest = maker.digest
        let verifier = AuditVerifier(hash: { digest.hash($0) }, keys: [])
        for number in 0..<300 {
            var other = maker.entries[3]
            other.set(AuditField.chain, "\(number)")
            other.fields.removeAll { $0.name.hasPrefix("_") }
            let entry = EntryFields(other.fields, realtime: 1, number: 1)
            entry.isCut = true
            verifier.add(entry)
        }
        for entry in maker.entries { verifier.add(EntryFields(entry.fields, realtime: 1)) }
        // One of bulkheadd's that is damaged is told as that.
        let damaged = EntryFields(maker.entries[3].fields, realtime: 1, number: 2)
        damaged.isCut = true
        verifier.add(damaged)
        let verdict = verifier.verdict()
        #expect(findings(verdict).dropFirst(301).isEmpty)
        #expect(Set(findings(verdict)) == ["forged 4-4 @1", "altered 4-4 @2"])
        #expect(verdict.chains.map(\.range) == [1...9])
    }

    @Test func eachHoleIsExplainedByWhatHasItsNumbers() throws {
        var trail = maker
        try Self.add(200, to: &trail)
        try trail.head()
        var entries = trail.entries
        for index in stride(from: 10, to: 200, by: 4) { entries[index].set("MESSAGE", "x") }
        let gone = stride(from: 11, to: 200, by: 4).map { UInt64($0 + 1) }
        entries.removeAll { gone.contains($0.sequence) }
        // And one that no hole has.
        entries.append(entries[10])
        entries[entries.count - 1].set(AuditField.sequence, "1000000000")
        let told = findings(judged(entries, keys: [maker.key]))
        #expect(told.filter { $0.hasPrefix("altered") }.count == 49)
        #expect(told.filter { $0.hasPrefix("missing") }.count == gone.count)
        #expect(told.prefix(2) == ["altered 11-11 @11", "missing 12-12 @12"])
    }

    @Test func theFirstRecordOfAllNamesNoneBeforeIt() throws {
        var entries = Array(maker.entries[..<1])
        entries[0].set(AuditField.previous, String(repeating: "1", count: 64))
        entries[0].hashAgain(maker.digest)
        #expect(told(entries) == ["altered 1-1 @1"])
    }

    @Test func aRecordWithoutAPlaceInAnyChainIsInserted() {
        var bare = maker.entries[4]
        bare.fields.removeAll {
            [AuditField.chain, AuditField.sequence, AuditField.previous, AuditField.hash]
                .contains($0.name)
        }
        #expect(told(maker.entries + [bare]) == ["inserted ? @10"])
        let text = judged(maker.entries + [bare], keys: []).findings[0].text
        #expect(text.hasPrefix("project.ready without a place in any chain (_PID 700"))
        // Of before there were chains.
        let old = judged([bare] + maker.entries, keys: [maker.key])
        #expect(old.isClean && old.notes.count == 1)
        #expect(told([bare] + maker.entries[2...]) == ["inserted ? @1"])
        // What bulkheadd says beside the trail.
        for event in ["supervisor.failure", "supervisor.note", "other"] {
            bare.set(AuditField.event, event)
            #expect(told(maker.entries + [bare]) == [])
        }
    }
}
