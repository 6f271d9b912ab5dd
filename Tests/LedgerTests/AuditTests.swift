import Audit
import Crypto
import Ledger
import Plan
import Testing

struct AuditTests {
    private func entry(_ text: String) throws -> AuditEntry {
        AuditEntry(.serviceReady, text, project: try project("shop"))
    }

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
        try ledger.transaction(.process) { changes throws(LedgerError) in try changes.append(three) }
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
