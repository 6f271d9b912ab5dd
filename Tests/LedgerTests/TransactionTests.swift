import Ledger
import Plan
import Testing

struct TransactionTests {
    @Test func whatThrowsHasChangedNothing() throws {
        let ledger = try Fixture().open()
        let row = try run(1)
        #expect(throws: LedgerError.notFound("configuration version 9")) {
            try ledger.transaction { changes throws(LedgerError) in
                try changes.insert(row)
                try changes.setActiveVersion(9)
            }
        }
        #expect(try ledger.runs(limit: 9) == [])
    }

    @Test func aFailureInsideFailsTheWholeEvenWhereItIsSwallowed() throws {
        let ledger = try Fixture().open()
        let (row, other) = (try run(1), try run(2))
        let error = #expect(throws: LedgerError.self) {
            try ledger.transaction { changes throws(LedgerError) in
                try changes.insert(row)
                do { try changes.insert(row) } catch {}
                do { try changes.insert(other) } catch {}
            }
        }
        #expect(error == .conflict("UNIQUE constraint failed: runs.id"))
        #expect(try ledger.runs(limit: 9) == [])
        // And the next one begins anew.
        try ledger.transaction { changes throws(LedgerError) in try changes.insert(other) }
        #expect(try ledger.runs(limit: 9) == [other])
    }

    @Test func bothDurabilitiesAreReadBackByTheNextStart() throws {
        let fixture = try Fixture()
        let rows = [try run(1), try run(2), try run(3)]
        do {
            let ledger = try fixture.open()
            for (row, durability) in zip(rows, [Durability.process, .power, .process]) {
                try ledger.transaction(durability) { changes throws(LedgerError) in
                    try changes.insert(row)
                }
            }
        }
        #expect(try fixture.open().runs(limit: 9) == rows.reversed())
    }
}
