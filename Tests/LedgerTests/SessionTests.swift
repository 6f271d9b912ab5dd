import Audit
import Ledger
import Plan
import Testing

@Suite struct SessionTests {
    private let origin = AuditOrigin(via: .cli, user: 1_000, pid: 7, name: "ann", reason: "look")

    private func open(
        _ ledger: LedgerStore, _ kind: SessionRow.Kind, _ run: UInt64, recording: String? = nil
    ) throws {
        let (shop, web, origin) = (try project("shop"), try WorkloadName("web"), origin)
        try ledger.transaction(.process) { changes throws(LedgerError) in
            try changes.openSession(
                kind, run: RunID(rawValue: run), project: shop, workload: web, command: "sh",
                by: origin, recording: recording.map { ($0, "/r/\($0)", "output") })
        }
    }

    private func close(
        _ ledger: LedgerStore, _ kinds: [SessionRow.Kind], _ run: UInt64
    ) throws {
        try ledger.transaction(.process) { changes throws(LedgerError) in
            try changes.closeSessions(of: RunID(rawValue: run), kinds, "left", "they left")
        }
    }

    /// `event session`, in order.
    private func records(_ ledger: LedgerStore) throws -> [String] {
        try ledger.auditRecords(after: 1, limit: 99).map { record in
            let fields = try #require(AuditRecord.fields(of: record.bytes))
            func value(_ name: String) -> String {
                String(decoding: fields.first { $0.name == name }?.value ?? [], as: UTF8.self)
            }
            return "\(value(AuditField.event)) \(value(AuditField.session))"
        }
    }

    @Test func eachIsOpenedOnceAndClosedOnce() throws {
        let fixture = try Fixture()
        do {
            let ledger = try fixture.open()
            try open(ledger, .shell, 1)
            try open(ledger, .attach, 2)
        }
        // Another supervisor.
        let ledger = try fixture.open()
        let open = try ledger.openSessions()
        #expect(open.map(\.kind) == [.shell, .attach])
        #expect(open.map(\.run.rawValue) == [1, 2])
        #expect(open[0].actor == "ann" && open[0].user == 1_000)
        try close(ledger, SessionRow.Kind.allCases, 1)
        try close(ledger, SessionRow.Kind.allCases, 1)
        #expect(
            try records(ledger) == ["session.opened 1", "session.opened 2", "session.closed 1"])
        #expect(try ledger.openSessions().map(\.id) == [2])
    }

    @Test func onlyThoseOfTheKindsAreClosed() throws {
        let ledger = try Fixture().open()
        try open(ledger, .exec, 1)
        try open(ledger, .attach, 1)
        try close(ledger, [.attach, .shell], 1)
        #expect(try ledger.openSessions().map(\.kind) == [.exec])
    }

    @Test func noNumberIsUsedTwice() throws {
        let ledger = try Fixture().open()
        try open(ledger, .exec, 1)
        try close(ledger, [.exec], 1)
        try open(ledger, .exec, 2)
        #expect(try ledger.openSessions().map(\.id) == [2])
    }

    /// A recording is open until its record is written, whatever becomes of its session.
    @Test func aRecordingOutlivesItsSessionAndItsSupervisor() throws {
        let fixture = try Fixture()
        do {
            let ledger = try fixture.open()
            try open(ledger, .shell, 1, recording: "a.cast")
            try open(ledger, .attach, 1)
            try open(ledger, .exec, 2, recording: "b.cast")
            try close(ledger, SessionRow.Kind.allCases, 1)
        }
        let ledger = try fixture.open()
        let open = try ledger.openRecordings()
        #expect(open.map(\.name) == ["a.cast", "b.cast"])
        #expect(open.map(\.session) == [1, 3] && open.map(\.kind) == [.shell, .exec])
        #expect(open.map(\.run.rawValue) == [1, 2] && open[0].workload.text == "web")
        let entry = AuditEntry(.sessionRecorded, "m", details: [(AuditField.session, "1")])
        try ledger.transaction(.process) { changes throws(LedgerError) in
            try changes.close(open[0], with: entry)
        }
        #expect(try ledger.openRecordings().map(\.name) == ["b.cast"])
        #expect(try records(ledger).last == "session.recorded 1")
    }

    /// Two sessions cannot be written to one file.
    @Test func aNameIsThereOnce() throws {
        let ledger = try Fixture().open()
        try open(ledger, .shell, 1, recording: "a.cast")
        #expect(throws: LedgerError.self) { try open(ledger, .shell, 2, recording: "a.cast") }
        #expect(try ledger.openSessions().map(\.run.rawValue) == [1])
    }
}
