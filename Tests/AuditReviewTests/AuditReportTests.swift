import Audit
import AuditReview
import Plan
import Testing

@Suite struct AuditReportTests {
    private func report(
        project: String? = nil, until: Int64 = 86_400,
        _ body: (Trail, (AuditEvent?) -> Void) throws -> Void
    ) throws -> String {
        var report = AuditReport(
            since: Trail.midnight, until: Trail.midnight + until * 1_000_000,
            project: try project.map { try ProjectName($0) })
        var events: [AuditEvent] = []
        try body(try Trail()) { event in if let event { events.append(event) } }
        for event in events { report.add(event) }
        return report.text(on: pipe) { _ in 0 }
    }

    private func section(_ title: String, of text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(of: "## \(title)") else { return "" }
        let rest = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }
        return rest.joined(separator: "\n")
    }

    @Test func whatIsEmptySaysSo() throws {
        let text = try report { _, _ in }
        #expect(text.hasPrefix("# Audit report\n\nFrom 2026-11-22 00:00:00 to "))
        #expect(section("Who did what", of: text) == "\nNone.\n")
        #expect(text.contains("No record of any chain was seen.\n"))
        #expect(text.hasSuffix("`bulkhead audit verify`\n"))
    }

    @Test func whoDidWhatIsCountedByWhatBecameOfIt() throws {
        let text = try report { trail, add in
            for seconds in 1...3 {
                add(
                    trail.event(
                        try trail.entry(
                            .controlStop, "stop", project: "shop", seconds: Int64(seconds),
                            alice + accepted + [("BULKHEAD_REASON", "number \(seconds)")])))
            }
            add(
                trail.event(
                    try trail.entry(
                        .controlStop, "may not", project: "shop", seconds: 9, bob + refused)))
            // Of these there is a number alone.
            add(
                trail.event(
                    try trail.entry(
                        .controlKill, "41 more", project: "shop", seconds: 9,
                        bob + refused + [("BULKHEAD_COUNT", "41")])))
        }
        let table = section("Who did what", of: text)
        #expect(table.contains("| bob (uid 1001) | control.kill | 0 | 41 | "))
        #expect(
            table.contains(
                "| alice (uid 1000) | control.stop | 3 | 0 | 2026-11-22 00:00:03 | number 3 |"))
        #expect(
            table.contains("| bob (uid 1001) | control.stop | 0 | 1 | 2026-11-22 00:00:09 |  |"))
        #expect(
            section("Refused", of: text).contains(
                "| 2026-11-22 00:00:09 | bob (uid 1001) | control.stop | shop | may not |"))
    }

    @Test func oneOfAThingIsSaidAsOne() throws {
        let text = try report { trail, add in
            add(trail.event(try trail.entry(.auditHead, "signed")))
        }
        #expect(text.contains(": 1 record.\n"))
        #expect(text.contains("- Chain c0: 1 record, 1 to 1; "))
        #expect(text.contains(" 1 signed head, 0 prunings.\n"))
    }

    @Test func whatAKernelMayNotHaveIsNotTakenForDenied() throws {
        let text = try report { trail, add in
            for (call, priority) in [("clone3", UInt8(6)), ("ptrace", 4)] {
                add(
                    trail.event(
                        try trail.entry(
                            .seccompDenied, "denied", project: "shop", priority: priority,
                            [("BULKHEAD_CALL", call), ("BULKHEAD_COUNT", "3")])))
            }
        }
        let denied = section("Denied", of: text)
        #expect(denied.contains("| shop | ptrace | 3 |") && !denied.contains("clone3"))
        #expect(denied.contains("\nBeside them 3 calls were answered as by a kernel "))
        #expect(denied.contains("learn one (`bulkhead profile learn`)"))
    }

    @Test func countsThatAreMadeUpAddUp() throws {
        let text = try report { trail, add in
            for _ in 1...2 {
                for kind in [AuditKind.memoryHigh, .seccompDenied] {
                    add(
                        trail.event(
                            try trail.entry(
                                kind, "m", priority: 6, [("BULKHEAD_COUNT", String(Int.max))])))
                }
            }
        }
        #expect(section("Limits that were hit", of: text).contains("| 2000000000000 |"))
    }

    @Test func whatIsForgedIsCountedApart() throws {
        let text = try report { trail, add in
            var entry = try trail.entry(.controlStop, "stop", project: "shop", alice + accepted)
            add(trail.event(entry))
            entry["_UID"] = octets("1000")
            add(trail.event(entry))
        }
        #expect(section("Who did what", of: text).contains("| control.stop | 1 | 0 |"))
        #expect(
            section("Integrity", of: text).contains(
                "| written by uid 1000, bulkheadd | 1 | 2026-11-22 00:00:00 |"))
    }

    @Test func theChainIsThatOfAllProjectsAndItsHolesAreNamed() throws {
        let text = try report(project: "shop") { trail, add in
            let entries = try (1...9).map { number in
                try trail.entry(.runEnded, "run", project: "api", seconds: Int64(number))
            }
            for (index, entry) in entries.enumerated() where ![2, 5, 6].contains(index) {
                add(trail.event(entry))
            }
            var again = entries[2]
            again["BULKHEAD_REPUBLISHED"] = octets("1")
            add(trail.event(again))
            add(trail.event(entries[0]))
        }
        #expect(text.contains(", of project shop: 0 records.\n"))
        #expect(
            section("Integrity", of: text).contains(
                "- Chain c0: 7 records, 1 to 9; **2 missing** (6-7); 1 republished, 1 seen twice, "
                    + "0 signed heads, 0 prunings.\n"))
    }

    @Test func whatCameLateIsNotTheLastOfItsKind() throws {
        let text = try report { trail, add in
            let early = try trail.entry(.runEnded, "early", project: "shop", seconds: 1)
            let late = try trail.entry(.runEnded, "late", project: "shop", seconds: 2)
            for entry in [late, early] { add(trail.event(entry)) }
        }
        #expect(
            section("How runs ended", of: text).contains(
                "| shop | not said | 2 | 0 | 2026-11-22 00:00:02 | late |"))
    }

    @Test func aRecordThatIsThereTwiceIsCountedOnce() throws {
        let text = try report { trail, add in
            let entry = try trail.entry(.controlStop, "stop", project: "shop", alice + accepted)
            add(trail.event(entry))
            add(trail.event(entry))
        }
        #expect(section("Who did what", of: text).contains("| control.stop | 1 | 0 |"))
    }

    @Test func aTableHasTwentyRowsAndSaysHowManyMore() throws {
        let text = try report { trail, add in
            for number in 1...25 {
                add(
                    trail.event(
                        try trail.entry(
                            .memoryHigh, "slow", project: "p\(number)",
                            [("BULKHEAD_COUNT", String(number))])))
                add(
                    trail.event(
                        try trail.entry(
                            .quotaChanged, "more", project: "p\(number)", seconds: Int64(number))))
            }
        }
        let limits = section("Limits that were hit", of: text)
        #expect(limits.split(separator: "\n").count { $0.hasPrefix("| p") } == 20)
        #expect(limits.contains("| p25 | memory.high | 25 | "))
        #expect(limits.contains("\n… and 5 more.\n"))
        let changes = section("Limits that were changed", of: text)
        #expect(changes.split(separator: "\n").count { $0.hasPrefix("| 2026") } == 20)
        #expect(changes.contains("| p25 | ") && !changes.contains("| p5 | "))
        #expect(changes.contains("\n… and 5 before.\n"))
    }

    @Test(arguments: [
        ("a|b", "a\\|b"), ("*x* _y_ `z`", "\\*x\\* \\_y\\_ \\`z\\`"),
        ("<img src=x>", "\\<img src=x\\>"), ("[a](http://b)", "\\[a\\](http\\://b)"),
        ("asked for: stop", "asked for: stop"), (":smile:", "\\:smile:"),
        ("https://b", "https\\://b"), ("cpu_weight _y", "cpu_weight \\_y"), ("no!", "no!"),
        ("![a](b)", "!\\[a\\](b)"), ("www.example", "www\\.example"), ("a@b", "a\\@b"),
        ("a\n| b", "a\\\\u{a}\\| b"),
        ("&amp;", "\\&amp;"), ("\u{1b}[2J", "\\\\u{1b}\\[2J"), ("\\", "\\\\"),
    ])
    func whatAProjectWroteStaysInItsCell(text: String, cell: String) throws {
        let report = try report { trail, add in
            add(
                trail.event(
                    try trail.entry(
                        .runEnded, text, project: "shop", [("BULKHEAD_CAUSE", "exited")])))
        }
        #expect(
            section("How runs ended", of: report).contains(
                "| shop | exited | 1 | 0 | 2026-11-22 00:00:00 | \(cell) |\n"))
    }

    @Test func whatIsLaterThanAskedForIsLeftOut() throws {
        let text = try report(until: 10) { trail, add in
            for seconds in [9, 10, 11] {
                add(
                    trail.event(
                        try trail.entry(
                            .controlStop, "stop", project: "shop", seconds: Int64(seconds), alice)))
            }
        }
        #expect(section("Who did what", of: text).contains("| control.stop | 2 | 0 |"))
        #expect(text.contains(": 2 records, 1 to 2; no number is missing"))
    }

    @Test func whatIsWrittenOutsideOfTheWindowIsNotMissingInIt() throws {
        let text = try report(until: 10) { trail, add in
            // The clock was set back between the second and the third.
            for seconds in [5, 60, 6] {
                add(trail.event(try trail.entry(.runEnded, "x", seconds: Int64(seconds))))
            }
        }
        #expect(text.contains(": 2 records, 1 to 3; no number is missing"))
    }

    @Test func theTimesHaveTheirZone() throws {
        let report = AuditReport(
            since: Trail.midnight, until: Trail.midnight + 3_600_000_000, project: nil)
        #expect(
            report.text(on: pipe) { _ in -12_600 }.contains(
                "From 2026-11-22 00:00:00 to 2026-11-22 01:00:00 UTC-03:30: 0 records."))
        // The night when summer ends.
        #expect(
            report.text(on: pipe) { $0 == Trail.midnight ? 7_200 : 3_600 }.contains(
                "From 2026-11-22 00:00:00 UTC+02:00 to 2026-11-22 01:00:00 UTC+01:00: "))
    }

    @Test func runsThatDidNotEndWellAreToldFromThoseThatDid() throws {
        let text = try report { trail, add in
            for (seconds, priority) in [(1, 6), (2, 5), (3, 6)] as [(Int64, UInt8)] {
                add(
                    trail.event(
                        try trail.entry(
                            .runEnded, "m", project: "shop", seconds: seconds, priority: priority,
                            [("BULKHEAD_CAUSE", "exited")])))
            }
        }
        #expect(section("How runs ended", of: text).contains("| shop | exited | 3 | 1 | 2026-"))
    }

    @Test func equalRecordsMakeEqualReportsWhateverTheirOrder() throws {
        func text(_ order: ([AuditEvent]) -> [AuditEvent]) throws -> String {
            let trail = try Trail()
            var events: [AuditEvent] = []
            for number in 0..<60 {
                let kind = AuditKind.allCases[number]
                let entry = try trail.entry(
                    kind, "m\(number)", project: "p\(number % 7)", seconds: Int64(number), alice)
                events.append(try #require(trail.event(entry)))
            }
            var report = AuditReport(
                since: Trail.midnight, until: Trail.midnight + 86_400_000_000, project: nil)
            for event in order(events) { report.add(event) }
            return report.text(on: pipe) { _ in 0 }
        }
        let straight = try text { $0 }
        #expect(try text { $0.reversed() } == straight)
    }
}
