import Audit
import AuditReview
import Plan
import Testing

@Suite struct AuditEventTests {
    @Test func whatTheSupervisorWroteAsItStandsThereIsTrusted() throws {
        let trail = try Trail()
        let entry = try trail.entry(.controlStop, "stop", project: "shop", seconds: 5)
        let event = try #require(trail.event(entry))
        #expect(event.isTrusted)
        #expect(event.kind == .controlStop)
        #expect(event.at == Trail.midnight + 5_000_000)
        #expect(event.received == Trail.midnight)
    }

    @Test(arguments: ["MESSAGE", "BULKHEAD_PROJECT", "BULKHEAD_AT", "PRIORITY", "BULKHEAD_NEW"])
    func aFieldThatIsAnotherThanWhatWasHashedIsDistrusted(name: String) throws {
        let trail = try Trail()
        var entry = try trail.entry(.controlStop, "stop", project: "shop", seconds: 5)
        entry[name] = octets("1")
        let event = try #require(trail.event(entry))
        #expect(event.distrust == .otherHash)
        // What it says of the time counts no more.
        #expect(event.at == Trail.midnight)
    }

    @Test(arguments: [
        ("_UID", "1000", "uid 1000, bulkheadd"), ("_EXE", "/usr/bin/logger", "uid 0, logger"),
        ("_EXE", "/usr/sbin/bulkheadd2", "uid 0, bulkheadd2"), ("_EXE", "", "uid 0"),
    ])
    func whatAnotherProcessWroteIsDistrusted(name: String, value: String, who: String) throws {
        let trail = try Trail()
        var entry = try trail.entry(.controlStop, "stop", project: "shop")
        entry[name] = octets(value)
        #expect(trail.event(entry)?.distrust == .writer(who))
    }

    @Test func whatJournaldKnowsNoWriterOfIsDistrusted() throws {
        let trail = try Trail()
        var entry = try trail.entry(.controlStop, "stop")
        entry["_UID"] = nil
        #expect(trail.event(entry)?.distrust == .writer("nobody that journald knows"))
    }

    @Test func ofAProcessThatIsGoneTheUnitTells() throws {
        let trail = try Trail()
        var entry = try trail.entry(.supervisorStopped, "ends")
        entry["_EXE"] = nil
        #expect(trail.event(entry)?.isTrusted == true)
        entry["_COMM"] = nil
        #expect(trail.event(entry)?.isTrusted == false)
        entry["_SYSTEMD_UNIT"] = octets("bulkhead.service")
        #expect(trail.event(entry)?.isTrusted == true)
    }

    @Test func withoutAHashItIsDistrusted() throws {
        let trail = try Trail()
        var entry = try trail.entry(.controlStop, "stop")
        entry[AuditField.hash] = nil
        #expect(trail.event(entry)?.distrust == .noHash)
    }

    @Test func whatTheSupervisorSaysBesideTheTrailIsItsOwn() throws {
        let trail = try Trail()
        for kind in AuditKind.unchainedKinds {
            var entry = try trail.entry(kind, "the ledger takes nothing")
            for name in [AuditField.chain, AuditField.sequence, AuditField.hash] {
                #expect(trail.event(entry)?.isTrusted == (name == AuditField.chain))
                entry[name] = nil
            }
            #expect(trail.event(entry)?.isTrusted == true)
            entry["_UID"] = octets("1000")
            #expect(trail.event(entry)?.isTrusted == false)
        }
    }

    @Test func whatDoesNotSayThatItIsARecordIsNone() throws {
        let trail = try Trail()
        let line = ["MESSAGE": octets("GET /"), "BULKHEAD_PROJECT": octets("shop")]
        #expect(trail.event(line) == nil)
        // The identifier alone makes journalctl -x say that it is one.
        let id = ["MESSAGE_ID": octets(AuditKind.controlStop.messageID)]
        #expect(trail.event(id)?.event == "control.stop")
        #expect(trail.event(id)?.isTrusted == false)
        #expect(trail.event(["BULKHEAD_SEQ": octets("7")])?.event == "")
    }

    @Test func longValuesAndManyFieldsAreCut() throws {
        let trail = try Trail()
        var entry = ["BULKHEAD_EVENT": octets("control.stop")]
        entry["MESSAGE"] = [UInt8](repeating: 0x61, count: 1 << 20)
        for number in 0..<1_000 { entry["X\(number)"] = [] }
        let event = try #require(trail.event(entry))
        #expect(event.text("MESSAGE").utf8.count == AuditEntry.valueBytesMax)
        #expect(event.fields.count == AuditEvent.fieldsMax)
    }
}

@Suite struct AuditFilterTests {
    private func fits(_ change: (inout AuditFilter) throws -> Void) throws -> Bool {
        let trail = try Trail()
        let entry = try trail.entry(
            .controlStop, "stop", project: "shop", workload: "web", run: 7, seconds: 5,
            alice + [("BULKHEAD_ACTOR_LOGIN_UID", "1007")])
        var filter = AuditFilter()
        try change(&filter)
        return filter.includes(try #require(trail.event(entry)))
    }

    @Test func eachPartOfItIsLookedAt() throws {
        #expect(try fits { _ in })
        #expect(try fits { $0.project = try .init("shop") })
        #expect(try !fits { $0.project = try .init("shop2") })
        #expect(try fits { $0.workload = try .init("web") })
        #expect(try !fits { $0.workload = try .init("db") })
        #expect(try fits { $0.run = .init(rawValue: 7) })
        #expect(try !fits { $0.run = .init(rawValue: 8) })
        #expect(try fits { $0.since = Trail.midnight + 5_000_000 })
        #expect(try !fits { $0.since = Trail.midnight + 5_000_001 })
        #expect(try fits { $0.until = Trail.midnight + 5_000_000 })
        #expect(try !fits { $0.until = Trail.midnight + 4_999_999 })
        #expect(try fits { $0.values = [AuditField.via: ["api", "cli"]] })
        #expect(try !fits { $0.values = [AuditField.via: ["api"]] })
        #expect(try !fits { $0.values = [AuditField.cause: ["exited"], AuditField.via: ["cli"]] })
        #expect(try fits { $0.priority = 5 })
        #expect(try !fits { $0.priority = 4 })
    }

    @Test func aNameIsAlsoOfWhoHadLoggedIn() throws {
        #expect(try !fits { $0.actor = "carol" })
        #expect(
            try fits {
                $0.actor = "carol"
                $0.actorUser = 1_007
            })
        #expect(
            try !fits {
                $0.actor = "carol"
                $0.actorUser = 7
            })
    }

    @Test(arguments: [
        (["control.stop"], true), (["control.start"], false), (["control.*"], true),
        (["run.*", "control.stop"], true), (["contro.*"], false), (["control.stop.*"], false),
    ])
    func anEventIsItsWordOrItsSort(events: [String], isWanted: Bool) throws {
        #expect(try fits { $0.events = events } == isWanted)
    }

    @Test(arguments: [
        ("alice", true), ("bob", false), ("1000", true), ("1007", true), ("7", false),
        ("01000", true), ("", false),
    ])
    func anActorIsANameOrANumber(actor: String, isWanted: Bool) throws {
        #expect(try fits { $0.actor = actor } == isWanted)
    }
}
