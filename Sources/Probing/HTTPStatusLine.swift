/// The first line of an HTTP/1 answer, read as it arrives: RFC 9112 section 4.
public struct HTTPStatusLine: Sendable {
    public enum Progress: Hashable, Sendable {
        case incomplete
        case status(UInt16)
        /// What answered does not speak HTTP/1.
        case malformed
    }

    private var bytes: [UInt8] = []

    /// Longer than any status line that a server sends; the rest of an answer is not read at all.
    public static let lengthMax = 1_024

    public init() {}

    /// Takes what has arrived; once it has told, it stays with that.
    public mutating func take(_ more: some Sequence<UInt8>) -> Progress {
        for byte in more {
            if byte == UInt8(ascii: "\n") { return Self.status(of: bytes) }
            if bytes.count == Self.lengthMax { return .malformed }
            bytes.append(byte)
        }
        return .incomplete
    }

    private static func status(of line: [UInt8]) -> Progress {
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...]
        let version = Array("HTTP/1.".utf8)
        // "HTTP/1.1 200", and then nothing or a blank and a reason.
        guard line.count >= 12, line.starts(with: version), isDigit(line[7]),
            line[8] == UInt8(ascii: " "), line[9...11].allSatisfy(isDigit),
            line.count == 12 || line[12] == UInt8(ascii: " ")
        else { return .malformed }
        let number = line[9...11].reduce(UInt16(0)) { $0 * 10 + UInt16($1 & 15) }
        return (100...599).contains(number) ? .status(number) : .malformed
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension HTTPStatusLine {
    /// What asks for it. Nothing of `path` can end the line: it is refused where it could.
    public static func request(path: String) -> [UInt8]? {
        let forbidden = path.utf8.contains { $0 <= 0x20 || $0 == 0x7F }
        if forbidden || path.utf8.first != UInt8(ascii: "/") { return nil }
        return Array(
            "GET \(path) HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bulkhead\r\nAccept: */*\r\nConnection: close\r\n\r\n"
                .utf8)
    }
}
