internal import JSONTree
internal import Plan

/// A session's recording, as asciicast v2 has it: a header, then an event a line. It is made for
/// terminals, and players of it are in every distribution.
public enum Cast {
    /// What an event is.
    public enum Code: String, Hashable, Sendable {
        /// What was shown.
        case output = "o"
        /// What was typed or sent.
        case input = "i"
        /// The terminal has another size from here on.
        case resize = "r"
        case marker = "m"
    }

    /// How a recording ended: its last event, a marker. Nothing but the recorder writes markers, so no
    /// recording without one came to its end.
    public enum End: String, Hashable, Sendable, CaseIterable {
        /// With what was run.
        case ended = "end of the recording"
        /// With its session: what runs goes on.
        case left = "end of the recording: its session is over"
        /// Somebody stopped the recorder.
        case stopped = "the recorder was stopped"
        /// It had become as large as it may, and the session ended for it.
        case full = "the recording is as large as it may be"

        /// Whether all of the session is in it.
        public var isComplete: Bool { self == .ended || self == .left }
    }

    /// The first line.
    ///
    /// - Parameters:
    ///   - size: of the terminal; nil: it has none, and players take the usual one.
    ///   - seconds: since the epoch.
    public static func header(
        size: (rows: UInt16, columns: UInt16)?, at seconds: Int64, title: String, command: String
    ) -> [UInt8] {
        let header: JSON = [
            "version": 2, "width": .integer(Int64(size?.columns ?? 80)),
            "height": .integer(Int64(size?.rows ?? 24)), "timestamp": .integer(seconds),
            "title": .string(title), "command": command.isEmpty ? nil : .string(command),
        ]
        return Array(header.text.utf8) + [newline]
    }

    /// Whether a file's first line is a recording's.
    public static func isHeader(_ line: [UInt8]) -> Bool {
        (try? JSON(parsing: line))?["version"] == 2
    }

    /// An event's line.
    ///
    /// - Parameter microseconds: since the recording began.
    public static func line(_ code: Code, _ text: String, at microseconds: Int64) -> [UInt8] {
        let whole = max(microseconds, 0)
        let fraction = String(whole % 1_000_000)
        let zeroes = String(repeating: "0", count: 6 - fraction.utf8.count)
        let start = "[\(whole / 1_000_000).\(zeroes)\(fraction), \"\(code.rawValue)\", "
        return Array(start.utf8) + Array(JSON.string(text).text.utf8) + [
            UInt8(ascii: "]"), newline,
        ]
    }

    /// What the end of a file says of how its recording ended; nil: it did not come to its end.
    ///
    /// - Parameter tail: at least as much of the file's end as its last line has.
    public static func end(in tail: [UInt8]) -> End? {
        guard tail.last == newline,
            let line = tail.dropLast().split(separator: newline).last,
            let event = CastEvent(line: Array(line)), event.code == .marker
        else { return nil }
        return End(rawValue: event.text)
    }

    /// The most that the last line has, if it is an end's.
    public static let endBytesMax = 128

    static let newline = UInt8(ascii: "\n")
}

/// An event, read back.
public struct CastEvent: Hashable, Sendable {
    public let code: Cast.Code
    public let text: String
    /// Since the recording began.
    public let seconds: Double

    /// Nil: it is none that we write.
    public init?(line: [UInt8]) {
        guard let parts = (try? JSON(parsing: line))?.array, parts.count == 3,
            let seconds = parts[0].number, let code = parts[1].string.flatMap(Cast.Code.init),
            let text = parts[2].string
        else { return nil }
        self.code = code
        self.text = text
        self.seconds = seconds
    }
}
