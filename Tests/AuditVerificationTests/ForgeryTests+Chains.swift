import Audit
import AuditVerification
import Testing
import TrailMaking

/// Chains that follow one another, and anchors of those that are gone.
extension ForgeryTests {
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

    @Test func anchorsOfAChainThatIsNoLongerHereAreNotedWhereTheNextOneSaysSo() throws {
        var other = try successor(after: 9)
        // Anybody can say that.
        let cut = ["cut-off 5-5 @0", "cut-off 8-8 @0"]
        #expect(told(other.entries, anchors: maker.anchors) == cut)
        try other.head()
        let verdict = judged(other.entries, anchors: maker.anchors, keys: [maker.key])
        #expect(verdict.isClean && verdict.anchorsGood == 2)
        #expect(
            verdict.notes.last
                == "2 of the anchors are of chain 0f0e, of which nothing is here, the last of record 8"
        )
        // Where it ended before, there were two trails, or more of it.
        other = try successor(after: 8)
        try other.head()
        #expect(told(other.entries, anchors: maker.anchors) == [])
        other = try successor(after: 7)
        try other.head()
        #expect(told(other.entries, anchors: maker.anchors) == ["cut-off 8-8 @0"])
        other = try successor(after: 8, hash: String(repeating: "1", count: 64))
        try other.head()
        #expect(told(other.entries, anchors: maker.anchors) == ["forked 8-8 @0"])
        other = try successor(after: 9, chain: "0123")
        try other.head()
        #expect(told(other.entries, anchors: maker.anchors) == cut)
    }

    @Test func anchorsOfBeforeTheTimeThatIsAskedForAreNoted() throws {
        let last = try #require(AuditStatement.parse(maker.anchors[1])?.0)
        let none = judged([], anchors: maker.anchors, keys: [maker.key], since: last.at + 1)
        #expect(none.isEmpty && none.notes.count == 1)
        // Of what was signed since then something is to be here.
        #expect(told([], anchors: maker.anchors, since: last.at) == ["cut-off 8-8 @0"])
        var other = try successor(after: 9)
        try other.head()
        #expect(told(Array(other.entries[1...]), anchors: maker.anchors, since: last.at + 1) == [])
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
}
