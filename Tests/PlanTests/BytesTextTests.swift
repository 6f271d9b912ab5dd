import Plan
import Testbed
import Testing

@Suite struct BytesTextTests {
    @Test(
        arguments: [
            ("0", 0), ("1", 1), ("100B", 100), ("1048576", 1 << 20), ("1K", 1_024),
            ("512M", 512 << 20),
            ("512m", 512 << 20), ("1G", 1 << 30), ("1.5G", 3 << 29), ("1GiB", 1 << 30),
            ("2gib", 2 << 30), ("1T", 1 << 40), ("1P", 1 << 50), ("7E", 7 << 60), ("0.5K", 512),
            ("1.1K", 1_126), ("0001K", 1_024), ("1.000000001G", (1 << 30) + 1),
            ("9223372036854775807", UInt64(Int64.max)),
        ] as [(String, UInt64)])
    func aSizeIsReadInBinaryUnits(text: String, count: UInt64) throws {
        #expect(try Bytes(parsing: text, for: "--memory") == Bytes(count))
    }

    @Test(arguments: [
        ("", "is empty"), ("-1", "is negative"), ("+1", "does not begin with a digit"),
        ("NaN", "does not begin with a digit"), ("M", "does not begin with a digit"),
        (".5G", "does not begin with a digit"), ("1.G", "has no digit after the point"),
        ("10GG", "unit 'GG' is unknown"), ("1e400", "unit 'e400' is unknown"),
        ("1G1", "unit 'G1' is unknown"), ("1..5G", "has no digit after the point"),
        ("5X", "unit 'X' is unknown"), ("5\u{200B}", "unit '\\u{200b}' is unknown"),
        ("0x10", "unit 'x10' is unknown"), ("1,5G", "unit ',5G' is unknown"),
        ("1.5", "is a fraction of a byte"), ("1.5B", "is a fraction of a byte"),
        ("99999999999G", "is 8 EiB or more"), ("8E", "is 8 EiB or more"),
        ("9223372036854775808", "is 8 EiB or more"),
        ("9999999999999999999T", "is 8 EiB or more"),
        ("00000000000000000001", "has more than 19 digits"),
        ("1.0000000001G", "has more than 9 digits after the point"),
        (" 1G", "contains a blank"), ("1 G", "contains a blank"), ("1G\n", "contains a blank"),
        ("1\0G", "contains a NUL byte"), ("١G", "does not begin with a digit"),
        (String(repeating: "1", count: 65), "is longer than 64 bytes"),
    ])
    func whatIsNoSizeIsRefusedWithTheReason(text: String, reason: String) {
        let error = #expect(throws: InvalidValue.self) {
            try Bytes(parsing: text, for: "--memory")
        }
        #expect(
            error
                == InvalidValue(
                    "--memory", text, reason,
                    hint: "write a size such as 512M, 1.5G or 1048576"))
    }

    @Test func aUnitWithTwoMeaningsIsRefusedAndTheWayOutNamed() {
        let error = #expect(throws: InvalidValue.self) {
            try Bytes(parsing: "512MB", for: "--memory")
        }
        #expect(
            error
                == InvalidValue(
                    "--memory", "512MB", "unit 'MB' means 1000 to some and 1024 to others",
                    hint: "write M or MiB, which both count in 1024"))
    }

    @Test(
        arguments: [
            (0, "0"), (1, "1B"), (1_023, "1023B"), (1_024, "1K"), (1_536, "1.5K"),
            (512 << 20, "512M"), ((512 << 20) - 1, "511.9M"), ((512 << 20) + 1, "512M"),
            ((1 << 30) - 1, "1023.9M"), (1 << 30, "1G"), (3 << 29, "1.5G"), (1 << 60, "1E"),
            (UInt64.max, "15.9E"),
        ] as [(UInt64, String)])
    func aSizeIsPrintedWithOneDigitCutOffNotRounded(count: UInt64, text: String) {
        #expect(Bytes(count).description == text)
    }

    @Test func aPrintedSizeReadsBackAsTheSameOrSlightlyLess() throws {
        var generator = Seeded(1)
        for _ in 0..<2_000 {
            let count =
                UInt64.random(in: 0...Bytes.most.count, using: &generator)
                >> UInt64.random(in: 0...62, using: &generator)
            let back = try Bytes(parsing: Bytes(count).description, for: "it")
            #expect(back.count <= count && count - back.count <= count / 10)
        }
        for shift in 0..<63 as Range<UInt64> {
            let bytes = Bytes(1 << shift)
            #expect(try Bytes(parsing: bytes.description, for: "it") == bytes)
        }
    }
}
