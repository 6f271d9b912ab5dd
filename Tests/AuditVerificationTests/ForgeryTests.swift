import Audit
import AuditVerification
import Crypto
import Plan
import Testing
import TrailMaking

/// What somebody can write who has no key: hashes that fit, as many as they like.
struct ForgeryTests {
    private let maker: TrailMaker

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

    private static func add(
        _ count: Int, to maker: inout TrailMaker, seconds: Int64 = 0
    ) throws {
        let shop = try ProjectName("shop")
        for _ in 0..<count {
            maker.at += seconds * 1_000_000
            maker.add(AuditEntry(.projectReady, "is ready", project: shop))
        }
    }

    private func told(
        _ entries: [MadeEntry], anchors: [String] = [], beginsLater: Bool = false
    ) -> [String] {
        findings(judged(entries, anchors: anchors, keys: [maker.key], beginsLater: beginsLater))
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
        #expect(told(entries, beginsLater: true) == [])
        #expect(
            told(entries, anchors: maker.anchors, beginsLater: true) == ["unsigned 11-12 @1"])
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

    // MARK: Chains that follow one another

    private func successor(
        after end: UInt64, hash: String? = nil, chain: String = "0f0e"
    ) throws -> TrailMaker {
        var other = try TrailMaker(chain: "0a0b", key: maker.key)
        other.add(
            AuditEntry(
                .auditChain, "a chain begins",
                details: [
                    (AuditField.oldChain, chain), (AuditField.oldSequence, "\(end)"),
                    (
                        AuditField.oldHash,
                        hash ?? maker.entries[Int(end) - 1].text(AuditField.hash)!
                    ),
                ]))
        return other
    }

    @Test func whatBeginsAChainNamesTheEndOfTheOneBefore() throws {
        var other = try successor(after: 9)
        #expect(told(maker.entries + other.entries) == ["chain-replaced 1-1 @10"])
        #expect(findings(judged(maker.entries + other.entries, keys: [])) == [])
        try other.head()
        #expect(told(maker.entries + other.entries) == [])
        #expect(told(Array(maker.entries[..<7]) + other.entries) == ["cut-off 8-9 @7"])
        var longer = maker
        try Self.add(1, to: &longer)
        #expect(told(longer.entries + other.entries) == ["inserted 10-10 @0"])
        let verdict = judged(other.entries, keys: [maker.key])
        #expect(
            verdict.isClean
                && verdict.notes == [
                    "chain 0a0b begins after record 9 of chain 0f0e, which is not here"
                ])
    }

    @Test func anotherEndThanTheNamedOneIsFound() throws {
        var other = try successor(after: 9, hash: String(repeating: "1", count: 64))
        try other.head()
        #expect(told(maker.entries + other.entries) == ["altered 9-9 @9"])
        other = try successor(after: 8, hash: String(repeating: "1", count: 64))
        try other.head()
        #expect(told(Array(maker.entries[..<8]) + other.entries) == ["altered 8-8 @8"])
        #expect(
            told(maker.entries + other.entries)
                == ["forked 8-8 @0"])
    }

    @Test func aChainThatNamesAnotherOneBeforeItTookAPlace() throws {
        var other = try successor(after: 9, chain: "0123")
        try other.head()
        #expect(told(maker.entries + other.entries) == ["chain-replaced 1-1 @10"])
        var begun = try TrailMaker(chain: "0a0b", key: maker.key)
        begun.add(AuditEntry(.auditChain, "a chain begins"))
        try begun.head()
        #expect(told(maker.entries + begun.entries) == ["chain-replaced 1-1 @10"])
    }

    @Test func chainsDoNotGoOnBesideOneAnother() throws {
        var other = try successor(after: 9)
        try other.head()
        let entries = maker.entries[..<8] + [other.entries[0], maker.entries[8], other.entries[1]]
        #expect(told(Array(entries)) == ["chain-replaced 1-1 @9"])
    }

    @Test func aChainOfAnotherMachineDoesNotFollow() throws {
        var other = try successor(after: 9)
        try other.head()
        var entries = other.entries
        for index in entries.indices { entries[index].set("_MACHINE_ID", "0002") }
        #expect(told(maker.entries + entries) == ["spliced 1-1 @10"])
    }

    @Test func theFirstRecordOfAllNamesNoneBeforeIt() throws {
        var entries = Array(maker.entries[..<1])
        entries[0].set(AuditField.previous, String(repeating: "1", count: 64))
        entries[0].hashAgain(maker.digest)
        #expect(told(entries) == ["altered 1-1 @1"])
    }

    // MARK: Records without a place

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

    // MARK: What excuses

    @Test func aGapThatAnybodyCouldHaveAddedExcusesNoCopies() throws {
        var forged = maker
        forged.add(
            AuditEntry(.auditGap, "lost", details: [(AuditField.range, "1-1000000")]))
        var copies = maker.entries
        for index in copies.indices { copies[index].set(AuditField.republished, "1") }
        let verdict = judged(forged.entries + copies, keys: [maker.key])
        // Of what is not signed anybody could have made anything; the head has a signature of its own.
        #expect(
            findings(verdict).filter { $0.hasPrefix("twice") }.count == 8,
            "\(findings(verdict))")
        #expect(verdict.chains[0].headsGood == 2)
    }

    @Test func aStartThatAnybodyCouldHaveAddedExcusesNoMove() {
        var forged = maker
        forged.add(AuditEntry(.supervisorStarted, "again"))
        forged.republish(4)
        #expect(told(forged.entries) == ["reordered 5-5 @10"])
    }

    @Test func aStartIsOfNumbersBelowItsOwn() throws {
        var trail = maker
        trail.add(AuditEntry(.supervisorStarted, "again"))
        try Self.add(2, to: &trail)
        try trail.head()
        var entries = trail.entries
        entries[10].set(AuditField.republished, "1")
        entries[11].set(AuditField.republished, "1")
        // 9 12 10 11 13
        entries.insert(entries.remove(at: 11), at: 9)
        #expect(told(entries).contains("reordered 11-11 @12"))
    }

    @Test func aStartExcusesOnlyWhatComesRightAfterIt() throws {
        var trail = maker
        trail.add(AuditEntry(.supervisorStarted, "again"))
        try Self.add(1, to: &trail)
        trail.republish(3)
        try trail.head()
        #expect(told(trail.entries) == ["reordered 4-4 @11"])
    }

    @Test func aGapExcusesOneCopyAndNoThird() throws {
        var trail = maker
        trail.add(AuditEntry(.auditGap, "lost", details: [(AuditField.range, "4")]))
        trail.republish(3)
        try trail.head()
        var entries = trail.entries
        let again = entries[9]
        entries.insert(maker.entries[3], at: 3)
        #expect(told(entries) == [])
        entries.insert(again, at: 11)
        #expect(told(entries).filter { $0.hasPrefix("twice 4-4") }.count == 1)
    }

    /// Anybody who writes the journal's files can put the mark on a record, which is not hashed.
    @Test func aMarkMovesNoRecordToAnEarlierPlace() throws {
        var entries = maker.entries
        entries[7].set(AuditField.republished, "1")
        entries.insert(entries.remove(at: 7), at: 3)
        #expect(told(entries) == ["reordered 8-8 @4"])
    }

    @Test func aGapIsOfNumbersBelowItsOwn() throws {
        var trail = try TrailMaker(chain: "0f0e", key: maker.key)
        try Self.add(1, to: &trail)
        trail.add(AuditEntry(.auditGap, "lost", details: [(AuditField.range, "1-1000000")]))
        try Self.add(3, to: &trail)
        try trail.head()
        var early = trail
        early.republish(0)
        #expect(told(early.entries) == [])
        trail.republish(2)
        #expect(told(trail.entries) == ["reordered 3-3 @6"])
    }

    @Test func aGapFromAnotherUnitCountsForNothing() throws {
        var trail = maker
        trail.add(AuditEntry(.auditGap, "lost", details: [(AuditField.range, "4")]))
        trail.republish(3)
        try trail.head()
        var entries = trail.entries
        entries[8].set("_SYSTEMD_UNIT", "session-3.scope")
        let told = told(entries)
        #expect(told.contains("reordered 4-4 @10"), "\(told)")
    }

    @Test func whatWasLostAndIsBeforeTheBeginningIsNotMissing() throws {
        var trail = maker
        trail.add(AuditEntry(.auditGap, "lost", details: [(AuditField.range, "3-5")]))
        for _ in 0..<3 { trail.republish(2) }
        try trail.head()
        // 1 2 6 7 8 9 10 3 4 5 11: from 7 on, 6 is before the beginning.
        #expect(trail.entries.map(\.sequence) == [1, 2, 6, 7, 8, 9, 10, 3, 4, 5, 11])
        let verdict = judged(Array(trail.entries[3...]), keys: [maker.key])
        #expect(findings(verdict) == [])
        #expect(
            verdict.notes == [
                "chain 0f0e begins here with record 7; of what was before it, from record 3 on, "
                    + "only what was sent once more is here, and nothing signed leads to that"
            ])
        // What the gap names was sent after it.
        var entries = Array(trail.entries[3...])
        entries.remove(at: 5)
        #expect(told(entries) == ["missing 4-4 @6"])
        // A mark is not hashed: without the gap it excuses nothing.
        entries = Array(trail.entries[3...])
        entries.remove(at: 3)
        #expect(told(entries).contains("missing 6-6 @1"))
    }

    @Test func anAlteredRecordHidesNoOtherThatIsMissing() {
        var entries = maker.entries
        entries[6].set(AuditField.sequence, "4")
        entries.remove(at: 3)
        #expect(told(entries) == ["missing 4-4 @4", "altered 7-7 @6"])
    }
}
