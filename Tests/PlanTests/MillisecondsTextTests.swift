import Plan
import Testbed
import Testing

@Suite struct MillisecondsTextTests {
    @Test(
        arguments: [
            ("10s", 10_000), ("500ms", 500), ("2m", 120_000), ("1h30m", 5_400_000), ("1.5s", 1_500),
            ("1d", 86_400_000), ("0", 0), ("0s", 0), ("0.001s", 1), ("1m0.5s", 60_500),
            ("1s500ms", 1_500), ("90m", 5_400_000), ("1000d", 86_400_000_000),
        ] as [(String, UInt64)])
    func aTimeIsReadFromLargeUnitsToSmall(text: String, count: UInt64) throws {
        #expect(try Milliseconds(parsing: text, for: "--grace") == Milliseconds(count))
    }

    @Test(arguments: [
        ("", "is empty"), ("-1s", "is negative"), ("s", "does not begin with a digit"),
        ("1w", "unit 'w' is unknown"), ("1S", "unit 'S' is unknown"),
        ("5us", "unit 'us' is unknown"), ("30m1h", "has its units out of order"),
        ("1s1s", "has its units out of order"), ("1.5ms", "is finer than a millisecond"),
        ("1.0005s", "is finer than a millisecond"), ("1001d", "is more than 1000d"),
        ("9999999999999999999d", "is more than 1000d"), ("1h 30m", "contains a blank"),
        ("1h-30m", "unit 'h-' is unknown"), ("1e9s", "unit 'e' is unknown"),
        ("1000d1ms", "is more than 1000d"), ("1.s", "has no digit after the point"),
    ])
    func whatIsNoTimeIsRefusedWithTheReason(text: String, reason: String) {
        let error = #expect(throws: InvalidValue.self) {
            try Milliseconds(parsing: text, for: "--grace")
        }
        #expect(
            error
                == InvalidValue(
                    "--grace", text, reason, hint: "write a time such as 10s, 500ms, 2m or 1h30m"))
    }

    @Test(arguments: ["10", "1h30"]) func aTimeWithoutAUnitIsNotGuessedAt(text: String) {
        let error = #expect(throws: InvalidValue.self) {
            try Milliseconds(parsing: text, for: "--grace")
        }
        #expect(error?.reason == "has no unit")
        #expect(error?.hint == (text == "10" ? "write 10s for seconds" : "write 30s for seconds"))
    }

    @Test func everyPrintedTimeReadsBackAsItself() throws {
        var generator = Seeded(2)
        for _ in 0..<2_000 {
            let most = Milliseconds.most.count
            let count =
                UInt64.random(in: 0...most, using: &generator)
                >> UInt64.random(in: 0...40, using: &generator)
            let time = Milliseconds(count)
            #expect(try Milliseconds(parsing: time.description, for: "it") == time)
        }
        #expect(Milliseconds(5_400_000).description == "1h30m")
        #expect(Milliseconds(61_050).description == "1m1.05s")
        #expect(Milliseconds(0).description == "0s")
    }
}
