import Ledger
import Plan
import Testing

struct ProjectTests {
    private func record() throws -> ProjectRecord {
        var web = ServiceRecord(name: try workload("web"), phase: "backing-off")
        web.isHeld = true
        web.reason = "it ended with status 3\nand more: 'ß' \u{0} end"
        web.run = RunID(rawValue: UInt64.max)
        web.startedAt = -5
        web.dueAt = Int64.max
        web.restarts = UInt64.max
        web.consecutive = UInt32.max
        web.failuresAt = [Int64.min, -1, 0, 1, Int64.max]
        web.isReady = true
        web.stopCause = .unhealthy
        web.stop = StopOrder(.health, "liveness check failed: a  b", actor: nil)
        web.hasNotified = true
        var other = ServiceRecord(name: try workload("a"), phase: "stopped")
        other.isHalfOpen = true
        other.hasStarted = true
        var record = ProjectRecord(
            name: try project("shop"), phase: "active", reason: "", goal: .active, stage: .up,
            declared: .maintenance, services: [web, other])
        record.upSince = 1
        record.leaving = StopOrder(.operator, "stop of its project", actor: UInt32.max)
        record.dueAt = 2
        record.attempts = UInt32.max
        return record
    }

    @Test func whatIsSavedIsThereAfterTheNextStart() throws {
        let fixture = try Fixture()
        let record = try record()
        do {
            let ledger = try fixture.open()
            try ledger.transaction { changes throws(LedgerError) in try changes.save(record) }
            #expect(try ledger.projects() == [record])
        }
        #expect(try fixture.open().projects() == [record])
    }

    @Test func savingAgainReplacesTheServicesToo() throws {
        let ledger = try Fixture().open()
        var record = try record()
        try ledger.transaction { changes throws(LedgerError) in try changes.save(record) }
        record.phase = "paused"
        record.services.removeFirst()
        try ledger.transaction { changes throws(LedgerError) in try changes.save(record) }
        #expect(try ledger.projects() == [record])
    }

    @Test func timesOfAnotherBootAreNotGivenBack() throws {
        let fixture = try Fixture()
        var record = try record()
        do {
            let ledger = try fixture.open(boot: "boot-1")
            try ledger.transaction { changes throws(LedgerError) in try changes.save(record) }
        }
        record.upSince = nil
        record.dueAt = nil
        record.services[0].startedAt = nil
        record.services[0].dueAt = nil
        record.services[0].failuresAt = []
        #expect(try fixture.open(boot: "boot-2").projects() == [record])
    }

    @Test func aForgottenProjectTakesItsServicesAndItsEndedRunsAlong() throws {
        let ledger = try Fixture().open()
        let record = try record()
        let (ended, running) = (try run(1), try run(2))
        try ledger.transaction { changes throws(LedgerError) in
            try changes.save(record)
            try changes.insert(ended)
            try changes.insert(running)
            try changes.update(ended.id, .ended(.lost, cause: ""), endedAt: 1)
            try changes.forget(record.name)
        }
        #expect(try ledger.projects() == [])
        #expect(try ledger.runs(limit: 9) == [running])
    }

    @Test func aSandboxIsKeptReplacedAndRemoved() throws {
        let ledger = try Fixture().open()
        var sandbox = SandboxRecord(
            project: try project("shop"), range: IDRange(index: 4_093), pid: 0,
            startTime: UInt64.max, boot: "boot-0", cgroup: "", launchedAt: 77)
        try ledger.transaction { changes throws(LedgerError) in try changes.save(sandbox) }
        #expect(try ledger.sandboxes() == [sandbox])
        sandbox.pid = 4_711
        sandbox.cgroup = "/sys/fs/cgroup/bulkhead-shop"
        try ledger.transaction { changes throws(LedgerError) in try changes.save(sandbox) }
        #expect(try ledger.sandboxes() == [sandbox])
        let name = sandbox.project
        try ledger.transaction { changes throws(LedgerError) in
            try changes.removeSandbox(of: name)
        }
        #expect(try ledger.sandboxes() == [])
    }
}
