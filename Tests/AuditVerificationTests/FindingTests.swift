import Audit
import AuditVerification
import Crypto
import Plan
import Testing
import TrailMaking

/// Each kind of finding, in the smallest trail that has it.
struct FindingTests {
    private let maker: TrailMaker

    /// 1 audit.chain, 2 supervisor.started, 3–5 runs, 6 head, 7–8, 9 head.
    init() throws {
        var maker = try TrailMaker(chain: "0f0e")
        maker.add(AuditEntry(.auditChain, "a chain begins"))
        maker.add(AuditEntry(.supervisorStarted, "bulkheadd has started"))
        for number in 1...3 { try Self.project(&maker, number) }
        try maker.head()
        for number in 4...5 { try Self.project(&maker, number) }
        try maker.head()
        self.maker = maker
    }

    private static func project(_ maker: inout TrailMaker, _ number: Int) throws {
        maker.add(
            AuditEntry(.projectReady, "is ready \(number)", project: try ProjectName("shop")))
    }

    private func verdict(
        _ entries: [MadeEntry], anchors: [String] = [], key: Bool = true
    ) -> AuditVerdict {
        judged(entries, anchors: anchors, keys: key ? [maker.key] : [])
    }

    private func told(_ entries: [MadeEntry], anchors: [String] = [], key: Bool = true) -> [String]
    {
        findings(verdict(entries, anchors: anchors, key: key))
    }

    @Test func aTrueTrailHasNoFindings() {
        let verdict = verdict(maker.entries, anchors: maker.anchors)
        #expect(verdict.findings == [] && verdict.notes == [])
        #expect(verdict.isClean && verdict.anchorsGood == 2)
        #expect(verdict.chains.map(\.range) == [1...9])
        #expect(verdict.chains.map(\.signedTo) == [8])
        #expect(verdict.chains.map(\.headsGood) == [2])
    }

    @Test func aChangedFieldIsAltered() {
        var entries = maker.entries
        entries[3].set("MESSAGE", "nothing")
        #expect(told(entries) == ["altered 4-4 @4"])
    }

    @Test func aFieldThatWasAddedIsAltered() {
        var entries = maker.entries
        entries[3].set("BULKHEAD_CAUSE", "nothing")
        #expect(told(entries) == ["altered 4-4 @4"])
    }

    @Test func aChangedNumberIsAlteredWhereTheNumberWas() {
        var entries = maker.entries
        entries[3].set("BULKHEAD_SEQ", "400")
        #expect(told(entries) == ["altered 4-4 @4"])
    }

    @Test func aRecordThatWasHashedAgainIsAltered() {
        var entries = maker.entries
        entries[3].set("MESSAGE", "nothing")
        entries[3].hashAgain(maker.digest)
        #expect(told(entries) == ["altered 4-4 @4"])
    }

    @Test func holesAreMissing() {
        var entries = maker.entries
        entries.removeSubrange(2...3)
        #expect(told(entries) == ["missing 3-4 @3"])
    }

    @Test func anEndThatAnAnchorNamesIsCutOff() {
        #expect(told(Array(maker.entries[..<6]), anchors: maker.anchors) == ["cut-off 7-8 @6"])
        #expect(told(Array(maker.entries[..<6])) == [])
    }

    @Test func aChainThatOnlyAnAnchorNamesIsCutOff() {
        #expect(
            told([], anchors: maker.anchors) == ["cut-off 5-5 @0", "cut-off 8-8 @0"])
    }

    @Test func whatNothingLeadsToIsInserted() {
        var entries = maker.entries
        var other = entries[4]
        other.set("BULKHEAD_SEQ", "10")
        other.hashAgain(maker.digest)
        entries.append(other)
        #expect(told(entries) == ["inserted 10-10 @10"])
    }

    @Test func whatStandsElsewhereIsReordered() {
        var entries = maker.entries
        entries.insert(entries.remove(at: 3), at: 6)
        #expect(told(entries) == ["reordered 4-4 @7"])
    }

    @Test func whatWasSentOnceMoreIsExcusedByAGap() throws {
        var late = maker
        late.republish(3)
        #expect(told(late.entries) == ["reordered 4-4 @9"])
        late = maker
        late.add(
            AuditEntry(.auditGap, "lost", details: [(AuditField.range, "4-4")]))
        late.republish(3)
        // Whoever has no key can add a gap.
        #expect(told(late.entries) == ["reordered 4-4 @10"])
        #expect(told(late.entries, key: false) == [])
        try late.head()
        #expect(told(late.entries) == [])
    }

    /// What the supervisor does where a head has counted what was lost.
    @Test func aGapThatIsSignedAtOnceExcusesAtOnce() throws {
        var late = maker
        late.add(
            AuditEntry(.auditGap, "lost", details: [(AuditField.range, "4-4")]))
        try late.head()
        var before = late.entries
        before.remove(at: 3)
        #expect(told(before) == ["missing 4-4 @4"])
        late.republish(3)
        #expect(told(late.entries) == [])
        // Not for what nobody had lost.
        late.republish(3)
        #expect(told(late.entries) == ["reordered 5-5 @11"])
    }

    @Test func aGapOfWhatIsNotSignedEitherNeedsNoSignature() throws {
        var late = maker
        try Self.project(&late, 6)
        late.add(AuditEntry(.auditGap, "lost", details: [(AuditField.range, "10")]))
        late.republish(9)
        #expect(told(late.entries) == [])
    }

    @Test func aGapHasSeveralRanges() throws {
        var late = maker
        late.add(AuditEntry(.auditGap, "lost", details: [(AuditField.range, "4, 7-8")]))
        for index in [3, 5, 5] { late.republish(index) }
        try late.head()
        #expect(late.entries.map(\.sequence) == [1, 2, 3, 5, 6, 9, 10, 4, 7, 8, 11])
        #expect(told(late.entries) == [])
    }

    /// What an earlier supervisor left is sent before the start is told of; so that excuses nothing.
    @Test func aStartDoesNotExcuseWhatStandsBehindIt() throws {
        var late = maker
        late.republish(8)
        late.add(AuditEntry(.supervisorStarted, "again"))
        try late.head()
        #expect(told(late.entries) == [])
        late = maker
        late.add(AuditEntry(.supervisorStarted, "again"))
        late.republish(3)
        late.republish(3)
        try late.head()
        #expect(told(late.entries) == ["reordered 4-4 @9", "reordered 5-5 @10"])
    }

    @Test func aCopyIsThereTwice() {
        #expect(told(maker.entries + [maker.entries[3]]) == ["twice 4-4 @10"])
    }

    @Test func anotherRecordOfTheSameNumberIsAFork() {
        var other = maker.entries[3]
        other.set("MESSAGE", "nothing")
        other.hashAgain(maker.digest)
        var entries = maker.entries
        entries.insert(other, at: 3)
        #expect(told(entries) == ["forked 4-4 @4"])
    }

    @Test func anotherChainNeedsARecordThatBeginsIt() throws {
        var other = try TrailMaker(chain: "0a0b", key: maker.key)
        try other.start()
        #expect(told(maker.entries + other.entries) == ["chain-replaced 1-1 @10"])
    }

    @Test func aHeadWithAnotherKeyIsForged() throws {
        var other = try TrailMaker(chain: "0f0e")
        other.add(AuditEntry(.auditChain, "a chain begins"))
        try other.head()
        #expect(told(other.entries) == ["head-forged 2-2 @2"])
        #expect(told(other.entries, key: false) == [])
    }

    @Test func aSignatureThatIsOfSomethingElseIsForged() {
        var entries = maker.entries
        entries[8].set("BULKHEAD_SIGNATURE", entries[5].text("BULKHEAD_SIGNATURE")!)
        entries[8].hashAgain(maker.digest)
        #expect(told(entries) == ["head-forged 9-9 @9"])
    }

    @Test func anOldHeadInALaterPlaceIsForged() {
        var entries = maker.entries
        for name in ["BULKHEAD_SIGNATURE", "BULKHEAD_HEAD_SEQ", "BULKHEAD_HEAD_HASH"] {
            entries[8].set(name, entries[5].text(name)!)
        }
        entries[8].hashAgain(maker.digest)
        #expect(told(entries) == ["head-forged 9-9 @9"])
    }

    @Test func anAnchorThatWasChangedIsForged() {
        var line = maker.anchors[1]
        line += line.removeLast() == "0" ? "1" : "0"
        #expect(told(maker.entries, anchors: [line]) == ["head-forged 8-8 @0"])
    }

    @Test(arguments: [
        ("_UID", "1000"), ("_EXE", "/usr/bin/logger"), ("_COMM", "logger"),
        ("_TRANSPORT", "stdout"), ("_SYSTEMD_UNIT", "session-3.scope"),
    ])
    func whatAnotherProcessWroteIsForgedAndTheTrueOneStillCounts(_ name: String, _ value: String) {
        var other = maker.entries[3]
        other.set(name, value)
        var entries = maker.entries
        entries.insert(other, at: 2)
        #expect(told(entries) == ["forged 4-4 @3"])
        other.set("MESSAGE", "nothing")
        other.hashAgain(maker.digest)
        entries[2] = other
        #expect(told(entries) == ["forged 4-4 @3"])
        let text = verdict(entries).findings[0].text
        #expect(text.contains("_PID 700"), "\(text)")
    }

    @Test func anUpgradedSupervisorIsStillTheSupervisor() {
        var entries = maker.entries
        entries[3].set("_EXE", "/usr/sbin/bulkheadd (deleted)")
        #expect(told(entries) == [])
    }

    @Test func aBootThatComesBackIsSpliced() throws {
        var entries = maker.entries
        for index in 3...4 { entries[index].set("_BOOT_ID", "0002") }
        #expect(told(entries) == ["spliced 6-6 @6"])
    }

    @Test func anotherMachineIsSpliced() {
        var entries = maker.entries
        for index in 3..<9 { entries[index].set("_MACHINE_ID", "0002") }
        #expect(told(entries) == ["spliced 4-4 @4"])
    }

    @Test func aTrailThatBeginsInTheMiddleIsClean() {
        let verdict = verdict(Array(maker.entries[4...]))
        #expect(verdict.isClean)
        #expect(
            verdict.notes == [
                "chain 0f0e begins here with record 5: what was before it is not here"
            ])
    }

    @Test func garbageIsTold() {
        let entries = [
            MadeEntry(fields: [("BULKHEAD_SEQ", Array("x".utf8))], realtime: 1),
            MadeEntry(fields: [("BULKHEAD_HASH", [])], realtime: 1),
            MadeEntry(fields: [("BULKHEAD_PROJECT", Array("a line of a log".utf8))], realtime: 1),
        ]
        #expect(told(entries) == ["altered ? @1", "altered ? @2"])
    }
}
