import Audit
import AuditReview
import Testing

@Suite struct RecordingListTests {
    private let trail: Trail
    private let path = "/var/lib/bulkhead/recordings/shop-7-1.cast"
    private let digest = String(repeating: "ab", count: 32)

    init() throws { trail = try Trail() }

    private func event(
        _ kind: AuditKind, path: String? = nil, seconds: Int64 = 0, complete: String = "yes",
        digest: String? = nil
    ) throws -> AuditEvent {
        let entry = try trail.entry(
            kind, "m", project: "shop", workload: "web", run: 7, seconds: seconds,
            [
                (AuditField.recording, path ?? self.path), (AuditField.sessionKind, "shell"),
                (AuditField.actor, "alice"), (AuditField.session, "3"),
                (AuditField.isComplete, complete), (AuditField.bytes, "123"),
                (AuditField.sha256, digest ?? self.digest),
            ])
        return try #require(trail.event(entry))
    }

    private func list(_ events: AuditEvent...) -> RecordingList {
        var list = RecordingList()
        for event in events { list.add(event) }
        return list
    }

    private func state(_ found: RecordingList.Found, _ events: AuditEvent...) -> RecordingList
        .State?
    {
        var list = RecordingList()
        for event in events { list.add(event) }
        return list.all().first?.state(found)
    }

    @Test func aRecordingIsWhatItsDigestSays() throws {
        let opened = try event(.sessionOpened)
        let recorded = try event(.sessionRecorded)
        let same = RecordingList.Found.read(bytes: 123, sha256: digest)
        #expect(state(same, opened, recorded) == .intact)
        #expect(state(.read(bytes: 123, sha256: "cd"), opened, recorded) == .altered)
        #expect(state(.missing, opened, recorded) == .missing)
        #expect(state(.missing, opened, recorded)?.isWrong == true)
        #expect(
            state(.unreadable(reason: "EACCES"), opened, recorded) == .unknown(reason: "EACCES"))
        #expect(state(same, opened) == .open)
        #expect(state(same, opened, try event(.sessionRecorded, complete: "no")) == .short)
        #expect(
            state(.read(bytes: 1, sha256: "cd"), try event(.sessionRecorded, complete: "no"))
                == .altered)
        #expect(state(same, try event(.sessionRecorded, digest: ""))?.isWrong == false)
        #expect(state(.missing, opened, recorded, try event(.auditRecordingPruned)) == .pruned)
    }

    @Test func whatIsAskedForIsTheBeginningAndWhatBecameOfItIsKnownAllTheSame() throws {
        let known = list(
            try event(.sessionOpened, seconds: 5), try event(.sessionRecorded, seconds: 90))
        // The record of its end is later, and names nobody.
        let early = known.all { $0.at <= Trail.midnight + 60_000_000 }
        #expect(early.map { $0.state(.missing) } == [.missing])
        #expect(known.all { $0.kind != .sessionOpened }.isEmpty)
        // Where its beginning is not there, there is its end.
        #expect(list(try event(.sessionRecorded)).all { $0.kind == .sessionRecorded }.count == 1)
    }

    @Test func whatCannotBeReadIsNotTakenForWell() throws {
        let refused = RecordingList.Found.unreadable(reason: "EACCES")
        let found = state(refused, try event(.sessionOpened), try event(.sessionRecorded))
        #expect(found?.isUnknown == true && found?.isWrong == false)
        #expect(state(.missing, try event(.sessionRecorded))?.isUnknown == false)
    }

    @Test func whoCannotBeTrustedTellsOfNothing() throws {
        var entry = try trail.entry(.auditRecordingPruned, "m", [(AuditField.recording, path)])
        entry["_UID"] = Array("1000".utf8)
        let forged = try #require(trail.event(entry))
        let known = list(try event(.sessionOpened), try event(.sessionRecorded), forged)
        #expect(known.all().first?.state(.missing) == .missing)
        #expect(list(forged).all().isEmpty)
    }

    @Test func linesAreInTheOrderOfTheirBeginningAndDoNothingToATerminal() throws {
        let hostile = "/x\u{1b}[2J\n.cast"
        let known = list(
            try event(.sessionOpened, path: "/late", seconds: 60),
            try event(.sessionOpened, path: hostile, seconds: 5),
            try event(.sessionRecorded, path: hostile, seconds: 9))
        #expect(known.all().map(\.path) == [hostile, "/late"])
        let line = recordingLine(known.all()[0], .altered, on: pipe)
        #expect(
            line.hasPrefix("2026-11-22 00:00:05 shop/web         shell  alice      ALTERED    /x"))
        #expect(line.unicodeScalars.count { $0.value < 32 } == 1)
        let json = recordingJSON(known.all()[0], .altered)
        #expect(json.contains("\"state\":\"ALTERED\"") && json.contains("\"bytes\":123"))
        #expect(json.contains("\"session\":3") && json.unicodeScalars.count { $0.value < 32 } == 1)
    }
}
