import Audit
import Crypto
import Ledger
import Plan
import Testing

/// Whether every record's hash is that of its bytes and every one names the one before.
private func isChain(_ records: [StoredAuditRecord]) throws -> Bool {
    let digest = try Digest()
    var previous = AuditHash.none
    for (index, record) in records.enumerated() {
        let fields = try #require(AuditRecord.fields(of: record.bytes))
        let named = fields.first { $0.name == AuditField.previous }
        if record.sequence != UInt64(index) + 1
            || String(decoding: named?.value ?? [], as: UTF8.self) != previous.text
            || digest.hash(record.bytes) != record.hash.bytes
        {
            return false
        }
        previous = record.hash
    }
    return true
}

struct AuditTests {
    private func entry(_ text: String) throws -> AuditEntry {
        AuditEntry(.serviceReady, text, project: try project("shop"))
    }

    @Test func aNewLedgerBeginsAChain() throws {
        let ledger = try Fixture().open()
        let records = try ledger.auditRecords(after: 0, limit: 9)
        #expect(records.count == 1)
        #expect(try isChain(records))
        #expect(ledger.auditTip.sequence == 1)
        #expect(ledger.auditChain.utf8.count == 32)
    }

    @Test func recordsAreThereWithTheirTransactionAndInItsOrder() throws {
        let fixture = try Fixture()
        let (one, two, three) = (try entry("one"), try entry("two"), try entry("three"))
        do {
            let ledger = try fixture.open()
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.append(one)
                try changes.append(two)
            }
        }
        let ledger = try fixture.open()
        try ledger.transaction(.process) { changes throws(LedgerError) in try changes.append(three)
        }
        let records = try ledger.auditRecords(after: 0, limit: 9)
        #expect(records.count == 4)
        #expect(try isChain(records))
        #expect(ledger.auditTip.sequence == 4)
        #expect(try ledger.auditRecords(after: 2, limit: 1).map(\.sequence) == [3])
    }

    @Test func aTransactionThatFailsLeavesNoHole() throws {
        let ledger = try Fixture().open()
        let (one, two) = (try entry("one"), try entry("two"))
        #expect(throws: LedgerError.self) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.append(one)
                try changes.setActiveVersion(9)
            }
        }
        #expect(ledger.auditTip.sequence == 1)
        try ledger.transaction(.process) { changes throws(LedgerError) in try changes.append(two) }
        let records = try ledger.auditRecords(after: 0, limit: 9)
        #expect(records.map(\.sequence) == [1, 2])
        #expect(try isChain(records))
    }

    @Test func whoPublishesHearsOfARecordWhenItIsWrittenDownAndNotBefore() throws {
        let ledger = try Fixture().open()
        let (one, two) = (try entry("one"), try entry("two"))
        nonisolated(unsafe) var heard: [[UInt64]] = []
        ledger.whenAudited = { heard.append($0.map(\.sequence)) }
        try? ledger.transaction(.process) { changes throws(LedgerError) in
            try changes.append(one)
            try changes.setActiveVersion(9)
        }
        try ledger.transaction(.process) { _ throws(LedgerError) in }
        #expect(heard == [])
        try ledger.transaction(.process) { changes throws(LedgerError) in
            try changes.append(one)
            try changes.append(two)
        }
        #expect(heard == [[2, 3]])
    }

    @Test func aHeadSignsTheRecordBeforeIt() throws {
        let ledger = try Fixture().open()
        let key = try SigningKey()
        let tip = ledger.auditTip
        let statement = try ledger.transaction(.process) { changes throws(LedgerError) in
            try changes.appendHead(key: "k1") { try? key.sign(Array($0.text.utf8)) }
        }
        let signed = try #require(statement)
        #expect(signed.sequence == tip.sequence)
        #expect(signed.hash == tip.hash)
        let head = try #require(try ledger.auditRecords(after: tip.sequence, limit: 9).first)
        let fields = try #require(AuditRecord.fields(of: head.bytes))
        func field(_ name: String) -> String {
            String(decoding: fields.first { $0.name == name }?.value ?? [], as: UTF8.self)
        }
        let signature = try #require(decodedHex(field(AuditField.signature).utf8))
        #expect(key.publicKey.verifies(signature, of: Array(signed.text.utf8)))
        #expect(field(AuditField.at) == String(signed.at))
        #expect(field(AuditField.previous) == field(AuditField.headHash))
    }

    @Test func whatIsConfirmedIsRemembered() throws {
        let fixture = try Fixture()
        do {
            let ledger = try fixture.open()
            #expect(try ledger.auditConfirmed() == 0)
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.setAuditConfirmed(1)
            }
        }
        #expect(try fixture.open().auditConfirmed() == 1)
    }
}

/// What is taken out, and chains that end.
struct AuditRetentionTests {
    /// A ledger with records 1…`count`, of which journald has `confirmed`.
    private func ledger(
        in fixture: Fixture, records count: Int, confirmed: UInt64
    ) throws -> LedgerStore {
        let ledger = try fixture.open()
        try ledger.transaction(.process) { changes throws(LedgerError) in
            for number in 2...count {
                try changes.append(AuditEntry(.supervisorNote, "note \(number)"))
            }
            try changes.setAuditConfirmed(confirmed)
        }
        return ledger
    }

    private func field(_ name: String, of record: StoredAuditRecord) -> String? {
        AuditRecord.value(of: name, in: record.bytes)
    }

    @Test func whatIsOldAndInTheJournalIsTakenOutAndToldOf() throws {
        let fixture = try Fixture()
        let ledger = try ledger(in: fixture, records: 9, confirmed: 7)
        let before = try ledger.auditRecords(after: 0, limit: 99)
        #expect(try ledger.pruneAudit(before: .max, limit: 5) == 5)
        #expect(try ledger.pruneAudit(before: .max, limit: 5) == 2)
        // 8 and 9 are not in the journal yet.
        #expect(try ledger.pruneAudit(before: .max, limit: 5) == 0)
        let rest = try ledger.auditRecords(after: 0, limit: 99)
        #expect(rest.map(\.sequence) == [8, 9, 10, 11])
        #expect(field(AuditField.event, of: rest[2]) == "audit.pruned")
        #expect(field(AuditField.range, of: rest[2]) == "1-5")
        #expect(field(AuditField.count, of: rest[2]) == "5")
        #expect(field(AuditField.prunedHash, of: rest[2]) == before[4].hash.text)
        #expect(
            field(AuditField.prunedEvents, of: rest[2]) == "supervisor.note=4 audit.chain=1")
        #expect(field(AuditField.range, of: rest[3]) == "6-7")
        #expect(field(AuditField.prunedHash, of: rest[3]) == before[6].hash.text)
        // The chain has no hole.
        #expect(field(AuditField.previous, of: rest[0]) == before[6].hash.text)
        #expect(field(AuditField.previous, of: rest[2]) == before[8].hash.text)
    }

    @Test func whereThereIsNoJournalWhatIsOldIsTakenOutAllTheSame() throws {
        let ledger = try ledger(in: try Fixture(), records: 9, confirmed: 4)
        #expect(try ledger.pruneAudit(before: .max, limit: 6, isUnseenToo: true) == 6)
        #expect(try ledger.pruneAudit(before: .max, limit: 2, isUnseenToo: true) == 2)
        let rest = try ledger.auditRecords(after: 0, limit: 99)
        #expect(rest.map(\.sequence) == [9, 10, 11])
        #expect(rest.map { field(AuditField.range, of: $0) } == [nil, "1-6", "7-8"])
        #expect(rest.map { field(AuditField.prunedUnseen, of: $0) } == [nil, "5-6", "7-8"])
    }

    @Test func aNewChainTakesOverHoweverMuchNobodyHasSeenOrSaysWhatIsLeftOut() throws {
        let ledger = try ledger(in: try Fixture(), records: 1_000, confirmed: 1)
        var heard: [UInt64] = []
        ledger.whenAudited = { heard = $0.map(\.sequence) }
        try ledger.beginAuditChain(
            AuditEntry(.auditChain, "it was put back"), keeping: [2, 4], after: 5, most: 995)
        var records = try ledger.auditRecords(after: 0, limit: 9_999)
        #expect(records.count == 998)
        #expect(try isChain(records))
        #expect(
            records.prefix(4).map { field(AuditField.message, of: $0) } == [
                "it was put back", "note 2", "note 4", "note 6",
            ])
        #expect(field(AuditField.message, of: records[997]) == "note 1000")
        #expect(heard.last == 998)
        #expect(heard.count <= 256)
        try ledger.beginAuditChain(
            AuditEntry(.auditChain, "again"), keeping: [3], after: 3, most: 9)
        records = try ledger.auditRecords(after: 0, limit: 9_999)
        #expect(try isChain(records))
        #expect(
            records.map { field(AuditField.message, of: $0) } == [
                "again; the old chain's records 4-989, which the journal is not known to have, "
                    + "are left out", "note 4",
            ] + (992...1_000).map { "note \($0)" })
        #expect(field(AuditField.range, of: records[0]) == "4-989")
        #expect(field(AuditField.count, of: records[0]) == "986")
    }

    @Test func theChainGoesOnWhereTheLedgerIsOpenedAgain() throws {
        let fixture = try Fixture()
        let tip: AuditHash
        do {
            let ledger = try ledger(in: fixture, records: 3, confirmed: 3)
            // All but the last are old.
            #expect(try ledger.pruneAudit(before: .max, limit: 99) == 2)
            tip = ledger.auditTip.hash
        }
        let ledger = try fixture.open()
        #expect(ledger.auditTip.sequence == 4)
        #expect(ledger.auditTip.hash == tip)
        #expect(try ledger.auditRecords(after: 0, limit: 9).map(\.sequence) == [3, 4])
    }

    @Test func theLastRecordStaysWhateverIsSaid() throws {
        let fixture = try Fixture()
        let ledger = try ledger(in: fixture, records: 2, confirmed: 99)
        #expect(try ledger.pruneAudit(before: .max, limit: 99) == 1)
        #expect(try ledger.auditRecords(after: 0, limit: 9).map(\.sequence) == [2, 3])
    }

    @Test func whatIsYoungStays() throws {
        let fixture = try Fixture()
        let ledger = try ledger(in: fixture, records: 5, confirmed: 5)
        let at = try #require(
            field(AuditField.at, of: try ledger.auditRecords(after: 0, limit: 1)[0]))
        #expect(try ledger.pruneAudit(before: try #require(Int64(at)), limit: 99) == 0)
        #expect(ledger.auditTip.sequence == 5)
    }

    @Test func aNewChainTakesOverWhatNobodyHasSeen() throws {
        let fixture = try Fixture()
        let ledger = try ledger(in: fixture, records: 4, confirmed: 2)
        let old = ledger.auditChain
        try ledger.transaction(.process) { changes throws(LedgerError) in
            _ = try changes.appendHead(key: "0123456789abcdef") { _ in
                [UInt8](repeating: 7, count: 64)
            }
        }
        let kept = try ledger.auditRecords(after: 2, limit: 9)
        try ledger.beginAuditChain(
            AuditEntry(.auditChain, "it was put back", details: [(AuditField.oldChain, old)]),
            keeping: [3], after: 3, most: 99)
        #expect(ledger.auditChain != old)
        #expect(try ledger.auditConfirmed() == 0)
        let records = try ledger.auditRecords(after: 0, limit: 9)
        #expect(records.map(\.sequence) == [1, 2, 3])
        #expect(
            records.map { field(AuditField.message, of: $0) } == [
                "it was put back", "note 3", "note 4",
            ])
        #expect(records.allSatisfy { field(AuditField.chain, of: $0) == ledger.auditChain })
        let digest = try Digest()
        var previous = AuditHash.none
        for record in records {
            #expect(field(AuditField.previous, of: record) == previous.text)
            #expect(digest.hash(record.bytes) == record.hash.bytes)
            previous = record.hash
        }
        #expect(field(AuditField.at, of: records[1]) == field(AuditField.at, of: kept[0]))
        // It outlives us like any other.
        let id = ledger.auditChain
        #expect(ledger.auditTip.hash == previous)
        _ = consume ledger
        #expect(try fixture.open().auditChain == id)
    }
}
