/// One datagram for journald, in its native protocol: `NAME=VALUE` and a newline, or, where a value
/// may be any bytes, NAME, newline, its length as eight bytes, the value, newline.
struct JournalRecord {
    /// Kept from one record to the next, so that a line costs no memory of its own.
    private(set) var bytes: [UInt8] = []

    /// Where a line comes from.
    enum Source { case output, error, terminal }

    /// - Parameter fields: those of the run, as `SpawnRequest.logFields`.
    mutating func set(line: LogLines.Line, from source: Source, fields: [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        bytes += fields
        // Of info, as systemd takes it: what a program writes to its standard error is most often no
        // error.
        append("PRIORITY=6\n")
        switch source {
        case .output: append("BULKHEAD_STREAM=stdout\n")
        case .error: append("BULKHEAD_STREAM=stderr\n")
        case .terminal: append("BULKHEAD_STREAM=terminal\n")
        }
        switch line.end {
        case .newline: break
        case .length: append("BULKHEAD_LINE_BREAK=length\n")
        case .source: append("BULKHEAD_LINE_BREAK=end\n")
        }
        append("MESSAGE\n")
        var writer = ByteWriter()
        writer.append(UInt64(line.text.count))
        bytes += writer.bytes
        bytes += line.text
        bytes.append(UInt8(ascii: "\n"))
    }

    /// The record that stands for lines that were not logged.
    mutating func set(suppressed count: UInt64, fields: [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        bytes += fields
        append("PRIORITY=4\nBULKHEAD_SUPPRESSED=")
        append(count)
        append("\nMESSAGE=")
        append(count)
        append(count == 1 ? " line suppressed\n" : " lines suppressed\n")
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ number: UInt64) {
        var digits: [UInt8] = []
        var rest = number
        repeat {
            digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes += digits.reversed()
    }
}
