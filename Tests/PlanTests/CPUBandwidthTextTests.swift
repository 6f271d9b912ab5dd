import Plan
import Testing

@Suite struct CPUBandwidthTextTests {
    @Test(
        arguments: [
            ("1", 1_000), ("1.5", 1_500), ("150%", 1_500), ("0.01", 10), ("1%", 10), ("0.5%", nil),
            ("12.5%", 125), ("0.125", 125), ("8192", 8_192_000), ("2.50", 2_500),
            ("1.500000000", 1_500),
        ] as [(String, UInt32?)])
    func aShareIsReadInProcessorsOrPercent(text: String, millicores: UInt32?) throws {
        #expect((try? CPUBandwidth(parsing: text, for: "--cpu"))?.millicores == millicores)
    }

    @Test(arguments: [
        ("", "is empty"), ("-1", "is negative"), ("0", "is less than 0.01"),
        ("0%", "is less than 0.01"), ("0.009", "is less than 0.01"),
        ("8192.001", "is more than 8192"), ("819201%", "is more than 8192"),
        ("9999999999999999999%", "is more than 8192"),
        ("1.0005", "is finer than a thousandth of a processor"),
        ("0.01%", "is finer than a thousandth of a processor"),
        ("1 %", "contains a blank"), ("1%%", "unit '%%' is unknown"),
        ("1e3", "unit 'e3' is unknown"), ("inf", "does not begin with a digit"),
        ("1.", "has no digit after the point"), ("two", "does not begin with a digit"),
    ])
    func whatIsNoShareIsRefusedWithTheReason(text: String, reason: String) {
        let error = #expect(throws: InvalidValue.self) {
            try CPUBandwidth(parsing: text, for: "--cpu")
        }
        #expect(
            error
                == InvalidValue(
                    "--cpu", text, reason,
                    hint:
                        "write a number of processors such as 1.5, or a percentage of one such as 150%"
                ))
    }

    @Test func everyPrintedShareReadsBackAsItself() throws {
        for millicores in 10...2_345 as ClosedRange<UInt32> {
            let share = CPUBandwidth(millicores: millicores)
            #expect(try CPUBandwidth(parsing: share.description, for: "it") == share)
        }
        #expect(CPUBandwidth(millicores: 1_500).description == "1.5")
        #expect(CPUBandwidth(millicores: 1_000).description == "1")
        #expect(CPUBandwidth(millicores: 5).description == "0.005")
    }
}
