import Ledger
import Plan
import Testing

private func target(_ name: String = "shop", _ workload: String? = nil) throws -> QuotaTarget {
    QuotaTarget(try project(name), try workload.map { try WorkloadName($0) })
}

private func override(
    _ target: QuotaTarget, _ value: LimitValue = .bytes(.gibibytes(1)), until: Int64? = nil,
    beneath: LimitValue? = nil
) -> QuotaOverride {
    QuotaOverride(
        target, .memory, value, until: until, beneath: beneath, actor: 1_000, via: .set,
        reason: "a busy day", at: 17)
}

private func record(_ transaction: Int64, _ target: QuotaTarget) -> QuotaRecord {
    QuotaRecord(
        transaction: transaction, at: 17, target: target, name: "memory", from: "512M", to: "1G",
        actor: 1_000, via: .move, reason: "a busy day", until: 99)
}

struct QuotaTests {
    @Test func anOverrideIsReadBackWhole() throws {
        let fixture = try Fixture()
        let whole = override(try target(), until: 99, beneath: .unlimited)
        let leaf = override(try target("shop", "web"))
        do {
            let ledger = try fixture.open()
            try ledger.transaction { changes throws(LedgerError) in
                try changes.save(leaf)
                try changes.save(whole)
            }
        }
        #expect(try fixture.open().overrides() == [whole, leaf])
    }

    @Test func anOverrideTakesThePlaceOfTheOneThatWasThere() throws {
        let ledger = try Fixture().open()
        let first = override(try target())
        let second = override(try target(), .unlimited)
        try ledger.transaction { changes throws(LedgerError) in
            try changes.save(first)
            try changes.save(second)
        }
        #expect(try ledger.overrides() == [second])
        try ledger.transaction { changes throws(LedgerError) in
            try changes.removeOverride(of: second.target, .memory)
        }
        #expect(try ledger.overrides() == [])
    }

    @Test func overridesEndWithTheBoot() throws {
        let fixture = try Fixture()
        let row = override(try target())
        do {
            let ledger = try fixture.open()
            try ledger.transaction { changes throws(LedgerError) in try changes.save(row) }
        }
        do { #expect(try fixture.open(boot: "boot-2").overrides() == []) }
        do { #expect(try fixture.open().overrides() == [row]) }
        do {
            let ledger = try fixture.open(boot: "boot-2")
            let over = try ledger.overridesOfOtherBoots()
            #expect(over.map(\.target) == [row.target])
            #expect(
                over.map { [$0.name, $0.from, $0.reason] } == [["memory", "1G", "a busy day"]])
            try ledger.transaction { changes throws(LedgerError) in
                try changes.forgetOverridesOfOtherBoots()
            }
            #expect(try ledger.overridesOfOtherBoots() == [])
        }
        #expect(try fixture.open().overrides() == [])
    }

    @Test func aForgottenProjectHasNoOverridesButAHistory() throws {
        let ledger = try Fixture().open()
        let (gone, stays) = (override(try target()), override(try target("api")))
        let story = record(1, gone.target)
        try ledger.transaction { changes throws(LedgerError) in
            try changes.save(gone)
            try changes.save(stays)
            try changes.append(story)
            try changes.forget(gone.target.project)
        }
        #expect(try ledger.overrides() == [stays])
        #expect(try ledger.quotaHistory(limit: 9) == [story])
    }

    @Test func theHistoryOfAProjectIsItsOwnAndTheNewestIsFirst() throws {
        let ledger = try Fixture().open()
        let rows = [
            record(1, try target()), record(1, try target("api")),
            record(2, try target("shop", "web")),
        ]
        try ledger.transaction { changes throws(LedgerError) in
            for row in rows { try changes.append(row) }
        }
        #expect(try ledger.quotaHistory(limit: 9) == rows.reversed())
        #expect(try ledger.quotaHistory(limit: 1) == [rows[2]])
        #expect(try ledger.quotaHistory(of: try project("shop"), limit: 9) == [rows[2], rows[0]])
    }

    @Test func theHistoryIsBounded() throws {
        let ledger = try Fixture().open()
        let story = record(1, try target())
        try ledger.transaction(.process) { changes throws(LedgerError) in
            for _ in 0..<LedgerLimit.quotaRecords + 200 { try changes.append(story) }
        }
        let count = try ledger.quotaHistory(limit: 20_000).count
        #expect(count >= Int(LedgerLimit.quotaRecords))
        #expect(count < Int(LedgerLimit.quotaRecords) + 64)
    }

    @Test func aTransactionIsPendingUntilItIsFinished() throws {
        let fixture = try Fixture()
        let targets = [try target(), try target("api")]
        do {
            let ledger = try fixture.open()
            try ledger.transaction { changes throws(LedgerError) in
                let number = try changes.nextTransaction()
                try changes.begin(targets.map { record(number, $0) })
            }
        }
        // What a transaction was about is told after a boot too.
        do { #expect(try fixture.open(boot: "boot-2").pendingQuotas().count == 2) }
        let ledger = try fixture.open()
        let pending = try ledger.pendingQuotas()
        #expect(pending.map(\.target) == targets)
        #expect(pending.map(\.transaction) == [1, 1])
        let next = try ledger.transaction { changes throws(LedgerError) in
            try changes.finish(transaction: 1)
            return try changes.nextTransaction()
        }
        #expect(try ledger.pendingQuotas() == [])
        #expect(next == 2)
    }

    @Test func whatIsInForceIsReadBackUntilItsSandboxIsGone() throws {
        let fixture = try Fixture()
        let shop = try project("shop")
        var limits = Limits(
            memoryMax: Bytes(1_048_577), cpuMax: CPUBandwidth(millicores: 1_500),
            io: [IOLimit(path: "/srv/a b", writeBytesPerSecond: .mebibytes(1))])
        limits.hugePages = [
            HugePageLimit(size: try HugePageSize(parsing: "2M", for: ""), max: .mebibytes(4))
        ]
        limits.cpuSet = try CPUSet(parsing: "0-3,7", for: "")
        let records = [
            LimitsRecord(project: shop, limits: limits),
            LimitsRecord(
                project: shop, run: RunID(rawValue: 7), workload: try WorkloadName("web"),
                limits: Limits()),
            LimitsRecord(
                project: shop, run: RunID(rawValue: 9), workload: try WorkloadName("api"),
                limits: nil),
        ]
        do {
            let ledger = try fixture.open()
            try ledger.transaction { changes throws(LedgerError) in
                for record in records.reversed() { try changes.save(record) }
            }
        }
        let ledger = try fixture.open()
        #expect(try ledger.limitsInForce(of: shop) == records)
        try ledger.transaction { changes throws(LedgerError) in
            try changes.removeLimits(of: shop, RunID(rawValue: 7))
        }
        #expect(try ledger.limitsInForce(of: shop).map(\.run?.rawValue) == [nil, 9])
        try ledger.transaction { changes throws(LedgerError) in
            try changes.removeLimits(of: shop)
        }
        #expect(try ledger.limitsInForce(of: shop) == [])
    }

    @Test func whatNobodyCouldHaveAskedForIsReadBackToo() throws {
        let ledger = try Fixture().open()
        let rows = [
            QuotaOverride(
                try target(), .cpu, .processorTime(CPUBandwidth(millicores: 1)), actor: 0,
                via: .outside, reason: "", at: 1),
            QuotaOverride(
                try target(), .memoryHigh, .bytes(Bytes(4_096)), actor: 0, via: .outside,
                reason: "", at: 1),
            QuotaOverride(
                try target(), .pids, .count(0), actor: 0, via: .outside, reason: "", at: 1),
        ]
        try ledger.transaction { changes throws(LedgerError) in
            for row in rows { try changes.save(row) }
        }
        #expect(try ledger.overrides() == rows)
    }
}
