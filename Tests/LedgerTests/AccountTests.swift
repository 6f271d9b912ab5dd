import Plan
import Testing

@testable import Ledger

struct AccountTests {
    private let account = RunAccount(
        .memoryMax, "killed: memory.max 512M reached by python3 (pid 7)",
        evidence: ["peak 512M", "1 kill"], log: ["loading", "", "more 'ß'"], actor: 1_000,
        suggestion: "bulkhead quota set shop/web --memory 717M")

    @Test func anAccountIsKeptWithItsRunAndGoesWithIt() throws {
        let fixture = try Fixture()
        let row = try run(1)
        var kept = account
        // An empty line says nothing.
        kept.log = ["loading", "more 'ß'"]
        do {
            let ledger = try fixture.open()
            try ledger.transaction { changes throws(LedgerError) in
                try changes.insert(row)
                try changes.update(row.id, .ended(.killed(signal: 9), cause: account.text))
                try changes.save(account, of: row.id)
            }
        }
        let ledger = try fixture.open()
        #expect(try ledger.account(of: row.id) == kept)
        try ledger.transaction { changes throws(LedgerError) in
            try changes.forget(row.project)
        }
        #expect(try ledger.account(of: row.id) == nil)
    }

    @Test func anAccountOfARunThatIsNotKeptIsNotKept() throws {
        let ledger = try Fixture().open()
        let account = account
        let row = try run(5)
        try ledger.transaction { changes throws(LedgerError) in
            try changes.save(account, of: row.id)
        }
        #expect(try ledger.account(of: row.id) == nil)
    }

    @Test func theLastRunOfAWorkloadIsTheOneWithTheHighestNumber() throws {
        let ledger = try Fixture().open()
        let rows = [try run(1), try run(3), try run(2), try run(4, of: "other")]
        try ledger.transaction { changes throws(LedgerError) in
            for row in rows { try changes.insert(row) }
        }
        #expect(try ledger.lastRun(of: workload("web"), in: project("shop"))?.id == rows[1].id)
        #expect(try ledger.lastRun(of: workload("db"), in: project("shop")) == nil)
    }

    @Test func aLedgerOfTheFirstReleaseKeepsWhatItHas() throws {
        let fixture = try Fixture()
        do { _ = try fixture.open() }
        try fixture.write([])
        do {
            let connection = try Connection(path: fixture.file)
            try Schema.migrate(connection, from: 0, by: [Schema.migrations[0]])
            try connection.execute(
                """
                INSERT INTO projects VALUES ('shop', 'active', '', 'active', 'up', 1, NULL, 0,
                    'active', 'boot-1');
                INSERT INTO runs VALUES (1, 'shop', 'web', 'service', x'', '', 0, 3, 5, 1, 'why', 1,
                    2, 0, NULL, '')
                """)
        }
        let ledger = try fixture.open()
        #expect(try ledger.projects().map(\.leaving) == [nil])
        #expect(try ledger.run(RunID(rawValue: 1))?.state == .ended(.exited(code: 1), cause: "why"))
        #expect(try ledger.account(of: RunID(rawValue: 1)) == nil)
    }
}
