import Audit
import AuditVerification
import Testing
import TrailMaking

/// What excuses that records stand elsewhere, or are not here, and what only seems to.
extension ForgeryTests {
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

    /// A true trail whose fourth record journald had lost.
    private func sentAgain() throws -> TrailMaker {
        var trail = maker
        trail.add(AuditEntry(.auditGap, "lost", details: [(AuditField.range, "4")]))
        trail.republish(3)
        try trail.head()
        return trail
    }

    @Test func aGapExcusesOneCopyAndNoThird() throws {
        var entries = try sentAgain().entries
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
        var entries = try sentAgain().entries
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
        #expect(verdict.chains.map(\.range) == [7...11] && verdict.chains.map(\.records) == [5])
        #expect(
            verdict.chains.map(\.from) == [Int64(trail.entries[3].text(AuditField.at)!)])
        // Anchors of before the beginning are of before it, whatever else is here.
        let anchored = judged(
            Array(trail.entries[4...]), anchors: trail.anchors, keys: [maker.key])
        #expect(anchored.isClean && anchored.anchorsGood == 3)
        #expect(
            anchored.notes.last
                == "chain 0f0e: 1 of the anchors is of before what is here, the last of record 5")
        // A head that is the first one names what is not here any more.
        let headed = judged(
            Array(trail.entries[5...]), anchors: trail.anchors, keys: [maker.key])
        #expect(headed.isClean && headed.chains.map(\.range) == [9...11])
        // What the gap names was sent after it.
        var entries = Array(trail.entries[3...])
        entries.remove(at: 5)
        #expect(told(entries) == ["missing 4-4 @6"])
        // A mark is not hashed: without the gap it excuses nothing.
        entries = Array(trail.entries[3...])
        entries.remove(at: 3)
        #expect(told(entries).contains("missing 6-6 @1"))
    }

    @Test func aCutIsNotHiddenByPuttingWhatWasBeforeItBehindAStart() throws {
        var trail = maker
        trail.add(AuditEntry(.supervisorStarted, "again"))
        try Self.add(2, to: &trail)
        try trail.head()
        // 1 to 4 stand behind the start, which is 10; 5 to 9 are gone.
        var moved = Array(trail.entries[..<4])
        for index in moved.indices { moved[index].set(AuditField.republished, "1") }
        let entries = [trail.entries[9]] + moved + trail.entries[10...]
        for anchors in [[], trail.anchors] {
            let verdict = judged(entries, anchors: anchors, keys: [maker.key])
            let reordered = (1...4).map { "reordered \($0)-\($0) @\($0 + 1)" }
            #expect(findings(verdict) == reordered + ["missing 5-9 @1"])
            #expect(verdict.chains.map(\.range) == [1...13])
        }
    }

    @Test func anAlteredRecordHidesNoOtherThatIsMissing() {
        var entries = maker.entries
        entries[6].set(AuditField.sequence, "4")
        entries.remove(at: 3)
        #expect(told(entries) == ["missing 4-4 @4", "altered 7-7 @6"])
    }
}
