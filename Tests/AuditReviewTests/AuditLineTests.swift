import Audit
import AuditReview
import Testing

@Suite struct AuditLineTests {
    private func line(
        _ kind: AuditKind, _ message: String, _ details: [(name: String, value: String)] = [],
        changed: [String: String] = [:], on medium: Bool = false
    ) throws -> String {
        let trail = try Trail()
        var entry = try trail.entry(
            kind, message, project: "shop", workload: "web", seconds: 3_661, details)
        for (name, value) in changed { entry[name] = octets(value) }
        return auditLine(try #require(trail.event(entry)), on: medium ? terminal : pipe)
    }

    @Test func itSaysWhenWhereWhatWhoAndWhy() throws {
        #expect(
            try line(
                .controlStop, "asked for: stop", alice + accepted + [("BULKHEAD_REASON", "late")])
                == "2026-11-22 01:01:01 shop/web         control.stop              alice         "
                + "asked for: stop (late)\n")
    }

    @Test func theColumnsHaveRoomForNearlyAllWordsOfOurs() throws {
        let message = 20 + 17 + 26 + 14
        var wide: [AuditKind] = []
        for kind in AuditKind.allCases {
            let line = try line(kind, "said", [("BULKHEAD_ACTOR", "configuration")])
            if line.dropFirst(message) != "said\n" { wide.append(kind) }
        }
        #expect(wide == [.controlConfigurationApply, .controlConfigurationRollback])
        #expect(message < 80)
    }

    @Test func aRefusalAndAReasonAreSaidOnce() throws {
        #expect(try line(.controlStop, "no", bob + refused).hasSuffix(" no (refused)\n"))
        #expect(try line(.controlStop, "was refused", bob + refused).hasSuffix(" was refused\n"))
        let reason = [("BULKHEAD_REASON", "late")]
        #expect(try line(.controlStop, "stop (late)", bob + reason).hasSuffix(" stop (late)\n"))
    }

    @Test func whatIsForgedIsMarkedWithTheReason() throws {
        #expect(
            try line(.controlStop, "stop", changed: ["_UID": "1000", "_EXE": "/bin/x\u{1b}[2J"])
                .contains("FORGED? (written by uid 1000, x\\u{1b}[2J) stop\n"))
        #expect(
            try line(.controlStop, "stop", changed: ["PRIORITY": "1"])
                .contains("FORGED? (its hash is not that of what it says) stop\n"))
        #expect(try !line(.controlStop, "stop").contains("FORGED"))
    }

    @Test func whatCameAgainIsMarked() throws {
        let line = try line(.controlStop, "stop", changed: ["BULKHEAD_REPUBLISHED": "1"])
        #expect(line.hasSuffix("stop [republished]\n"))
        #expect(!line.contains("FORGED"))
    }

    @Test(arguments: [
        "\u{1b}[31mred", "a\nforged line", "a\r\nb", "nul\0l", "\u{9b}2J", "\u{202e}drawkcab",
        "\u{2028}", "\u{7f}",
    ])
    func nothingInItDrivesATerminalOrMakesAnotherLine(text: String) throws {
        let line = try line(
            .runEnded, text,
            [("BULKHEAD_REASON", text), ("BULKHEAD_ACTOR", text), ("BULKHEAD_X", text)],
            changed: ["BULKHEAD_EVENT": text, "BULKHEAD_WORKLOAD": text, "_EXE": "/\(text)"])
        let scalars = line.unicodeScalars.dropLast()
        #expect(
            scalars.allSatisfy {
                $0.properties.generalCategory != .control
                    && $0.properties.generalCategory != .format
                    && $0.properties.generalCategory != .lineSeparator
            })
        #expect(line.hasSuffix("\n"))
    }

    @Test func onlyATerminalSeesColours() throws {
        #expect(try !line(.projectFailed, "it failed").contains("\u{1b}"))
        #expect(
            try line(.projectFailed, "it failed", on: true)
                .contains("\u{1b}[31mit failed\u{1b}[0m"))
        #expect(
            try line(.memoryHigh, "it is slow", on: true)
                .contains("\u{1b}[33mit is slow\u{1b}[0m"))
    }
}

@Suite struct AuditJSONTests {
    @Test func itHasWhatTheRecordSaysAndWhoWroteIt() throws {
        let trail = try Trail()
        var entry = try trail.entry(
            .runEnded, "exited", project: "shop", run: 7, seconds: 1, alice)
        entry["_PID"] = octets("712")
        let json = auditJSON(try #require(trail.event(entry)))
        #expect(json.utf8.count(where: { $0 == 0x0A }) == 1)
        for part in [
            "{\"at_us\":1795305601000000,\"received_us\":1795305600000000,\"trusted\":true,",
            "\"event\":\"run.ended\",\"priority\":6,\"message\":\"shop: exited\"",
            "\"actor\":\"alice\",\"actor_uid\":1000", "\"run\":7,\"seq\":1,\"via\":\"cli\",",
            "\"writer\":{\"uid\":0,\"pid\":712,\"exe\":\"/usr/sbin/bulkheadd\",",
        ] { #expect(json.contains(part), "\(part) in \(json)") }
    }

    @Test(arguments: ["TRUSTED", "DISTRUST", "WRITER", "AT_US", "EVENT", "MESSAGE", "REPUBLISHED"])
    func noFieldTakesThePlaceOfWhatWeSay(name: String) throws {
        let trail = try Trail()
        var entry = try trail.entry(.controlStop, "stop")
        entry["_UID"] = octets("1000")
        if name != "EVENT" { entry["BULKHEAD_\(name)"] = octets("true") }
        let json = auditJSON(try #require(trail.event(entry)))
        let member = "\"\(name == "AT_US" ? "at_us" : name.lowercased())\":"
        #expect(json.split(separator: ",").count { $0.drop { $0 == "{" }.hasPrefix(member) } == 1)
        #expect(json.contains("\"trusted\":false,\"distrust\":\"written by uid 1000, bulkheadd\""))
    }

    @Test func whatIsWrittenAsANumberIsOne() throws {
        let trail = try Trail()
        let names = [
            "action", "old_seq", "sign_every", "sign_every_records", "version", "run_uid",
            "run_gid", "session", "duration", "bytes", "count", "head_seq",
        ]
        let details = names.map { ("BULKHEAD_" + $0.uppercased(), "60") }
        let event = try trail.entry(.configurationApplied, "m", details + [("BULKHEAD_TO", "2")])
        let json = auditJSON(try #require(trail.event(event)))
        for name in names { #expect(json.contains("\"\(name)\":60,"), "\(name)") }
        #expect(json.contains("\"to\":\"2\""))
        let started = try trail.entry(.supervisorStarted, "m", [("BULKHEAD_VERSION", "0.9.1")])
        #expect(auditJSON(try #require(trail.event(started))).contains("\"version\":\"0.9.1\""))
    }

    @Test func whatIsNoNumberStaysText() throws {
        let trail = try Trail()
        let entry = [
            "BULKHEAD_EVENT": octets("run.ended"), "BULKHEAD_RUN": octets("7,\"trusted\":true"),
            "BULKHEAD_SEQ": octets("-1"), "BULKHEAD_a\"": octets("x"),
        ]
        let json = auditJSON(try #require(trail.event(entry)))
        #expect(json.contains("\"run\":\"7,\\\"trusted\\\":true\",\"seq\":\"-1\",\"writer\""))
        #expect(!json.contains("\"trusted\":true"))
    }
}
