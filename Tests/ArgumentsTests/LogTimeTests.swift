import Arguments
import Plan
import Testing

/// What `--since` understands, of `bulkhead logs` and `bulkhead audit` alike.
@Suite struct LogTimeTests {
    private func time(_ text: String) throws -> LogTime? {
        let invocation = try parse(["logs", "--since=\(text)"])
        guard case .supervisor(let arguments) = invocation, case .logs(let logs) = arguments.request
        else { return nil }
        return logs.since
    }

    @Test(arguments: [
        ("10m", 600_000), ("1h30m", 5_400_000), ("1.5h", 5_400_000), ("-1h", 3_600_000),
        ("1 hour ago", 3_600_000), ("2 days ago", 172_800_000), ("1h 30min ago", 5_400_000),
        ("10m ago", 600_000), ("1w", 604_800_000), ("-2w1d", 1_296_000_000),
        ("3 weeks ago", 1_814_400_000), ("90 seconds ago", 90_000), ("now", 0), ("0", 0),
    ])
    func aSpanIsBeforeNow(text: String, milliseconds: UInt64) throws {
        #expect(try time(text) == .ago(Milliseconds(milliseconds)))
    }

    @Test(
        arguments: [
            ("today", 0, 0, 0, 0), ("yesterday", -1, 0, 0, 0), ("tomorrow", 1, 0, 0, 0),
            ("09:30", 0, 9, 30, 0), ("23:59:58", 0, 23, 59, 58),
        ] as [(String, Int32, Int32, Int32, Int32)])
    func aDayOrAClockIsThatOfToday(
        text: String, after: Int32, hour: Int32, minute: Int32, second: Int32
    ) throws {
        #expect(
            try time(text) == .day(after: after, hour: hour, minute: minute, second: second))
    }

    @Test(
        arguments: [
            ("2026-11-21", 21, 0, 0, 0), ("2026-11-21T09:30", 21, 9, 30, 0),
            ("2026-11-30 09:30:15", 30, 9, 30, 15),
        ] as [(String, Int32, Int32, Int32, Int32)])
    func aDateIsLocal(
        text: String, day: Int32, hour: Int32, minute: Int32, second: Int32
    ) throws {
        #expect(
            try time(text)
                == .local(
                    year: 2026, month: 11, day: day, hour: hour, minute: minute, second: second))
    }

    @Test func thereAreLeapYears() throws {
        #expect(throws: Never.self) { try time("2028-02-29") }
        #expect(throws: Never.self) { try time("2000-02-29") }
        for wrong in ["2026-02-29", "2100-02-29"] {
            #expect(throws: ArgumentsError.self) { try time(wrong) }
        }
    }

    @Test func secondsSinceTheEpochAreTakenAsTheyAre() throws {
        #expect(try time("@1700000000") == .epoch(1_700_000_000))
        #expect(try time("@0") == .epoch(0))
    }

    @Test(arguments: [
        "", "-", "@", "@-1", "@1.5", "@999999999999", "noon", "ago", " ago", "1 ago", "10", "1.5w",
        "1d1w", "1w1w", "1h1d", "1 fortnight ago", "24:00", "9:30", "09:60", "09:30:60",
        "09:30:15:1",
        "2026-02-31", "2026-04-31", "2026-11-00", "2026-00-01", "2026-13-01", "1969-12-31",
        "2026-11-21T", "2026-11-21X09:30", "2026-11-21T09:30:15Z", "2026-11-21T0930", "20261121",
        "--1h", "-1h ago ago", "99999999999999999999d", "9999w9999999d", "\u{661}0m",
        "1111111111111111111111111111111111111111111111111111111111111m",
    ])
    func whatIsNoTimeIsRefusedWithAllThatIsOne(text: String) {
        let error = #expect(throws: ArgumentsError.self) { try time(text) }
        #expect(error?.hint?.hasPrefix("write 10m or '2 hours ago', 09:30, today,") == true)
    }
}
