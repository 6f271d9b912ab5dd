import Testing

@testable import Control

struct JournalRecordTests {
    @Test func aLineFollowsTheFieldsOfItsRunAsBytesOfAGivenLength() {
        var record = JournalRecord()
        record.set(line: line([0, 10, 255]), from: .error, fields: Array("A=1\nB=2\n".utf8))
        #expect(
            record.bytes == Array("A=1\nB=2\nPRIORITY=6\nBULKHEAD_STREAM=stderr\nMESSAGE\n".utf8)
                + [3, 0, 0, 0, 0, 0, 0, 0] + [0, 10, 255] + [10])
    }

    @Test func theStreamAndWhatEndedALineAreSaid() {
        for (source, name) in [
            (JournalRecord.Source.output, "stdout"), (.error, "stderr"), (.terminal, "terminal"),
        ] {
            for (end, field) in [
                (LogLines.End.newline, ""), (.length, "BULKHEAD_LINE_BREAK=length\n"),
                (.source, "BULKHEAD_LINE_BREAK=end\n"),
            ] {
                var record = JournalRecord()
                record.set(line: line([], end), from: source, fields: [])
                let head = "PRIORITY=6\nBULKHEAD_STREAM=\(name)\n\(field)MESSAGE\n"
                #expect(record.bytes == Array(head.utf8) + [UInt8](repeating: 0, count: 8) + [10])
            }
        }
    }

    @Test func oneRecordLeavesNothingInTheNext() {
        var record = JournalRecord()
        record.set(line: line([UInt8](repeating: 7, count: 300)), from: .output, fields: [65, 10])
        record.set(suppressed: 1, fields: [])
        #expect(
            String(decoding: record.bytes, as: UTF8.self)
                == "PRIORITY=4\nBULKHEAD_SUPPRESSED=1\nMESSAGE=1 line suppressed\n")
    }

    @Test func linesThatAreMissingAreCountedInWordsAndInAField() {
        var record = JournalRecord()
        record.set(suppressed: .max, fields: Array("A=1\n".utf8))
        #expect(
            String(decoding: record.bytes, as: UTF8.self)
                == """
                A=1
                PRIORITY=4
                BULKHEAD_SUPPRESSED=18446744073709551615
                MESSAGE=18446744073709551615 lines suppressed

                """)
    }

    @Test func theLongestFitsIntoOneDatagramOfJournald() {
        var record = JournalRecord()
        record.set(
            line: line([UInt8](repeating: 120, count: LogLines.lengthMax), .length),
            from: .terminal,
            fields: [UInt8](repeating: 10, count: SpawnRequest.logFieldsLengthMax))
        // Half of the smallest send buffer of unix(7) sockets that is usual.
        #expect(record.bytes.count < 16_384)
    }

    private func line(_ text: [UInt8], _ end: LogLines.End = .newline) -> LogLines.Line {
        LogLines.Line(text: text[...], end: end)
    }
}
