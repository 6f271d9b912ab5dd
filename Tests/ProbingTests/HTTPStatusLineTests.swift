import Probing
import Testing

@Suite struct HTTPStatusLineTests {
    private func read(_ text: String, pieces: Int = 1) -> HTTPStatusLine.Progress {
        var line = HTTPStatusLine()
        var progress = HTTPStatusLine.Progress.incomplete
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            progress = line.take(bytes[start..<min(start + pieces, bytes.count)])
            if progress != .incomplete { break }
        }
        return progress
    }

    @Test(arguments: [1, 2, 7, 64])
    func aStatusIsFoundHoweverTheBytesArrive(pieces: Int) {
        #expect(read("HTTP/1.1 204 No Content\r\nX: y\r\n", pieces: pieces) == .status(204))
        #expect(read("HTTP/1.0 500\n", pieces: pieces) == .status(500))
        #expect(read("HTTP/1.1 200 \r\n", pieces: pieces) == .status(200))
    }

    @Test(arguments: [
        "\n", "HTTP/2 200\n", "HTTP/1.1 20\n", "HTTP/1.1 2000\n", "HTTP/1.x 200 OK\n",
        "SSH-2.0-x\r\n",
        "HTTP/1.1  200 OK\n", "HTTP/1.1 999 Odd\n", "HTTP/1.1 099 Odd\n",
    ])
    func anythingElseIsMalformed(text: String) {
        #expect(read(text) == .malformed)
    }

    @Test func aLineThatDoesNotEndIsMalformedAndNotKept() {
        #expect(read(String(repeating: "x", count: 1_024)) == .incomplete)
        #expect(read(String(repeating: "x", count: 1_025)) == .malformed)
    }

    @Test func aPathCannotSmuggleASecondRequest() {
        #expect(HTTPStatusLine.request(path: "/a\r\nX: y") == nil)
        #expect(HTTPStatusLine.request(path: "/a b") == nil)
        #expect(HTTPStatusLine.request(path: "a") == nil)
        let request = HTTPStatusLine.request(path: "/health?x=1")
        #expect(request?.starts(with: Array("GET /health?x=1 HTTP/1.1\r\n".utf8)) == true)
    }
}
