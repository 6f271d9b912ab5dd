import Plan
import Testing

@Suite struct IOLimitTextTests {
    private func limit(_ text: String) throws -> IOLimit {
        try IOLimit(parsing: text, base: "/srv/u", for: "--io")
    }

    @Test func allFourLimitsAreRead() throws {
        #expect(
            try limit("/var:rbps=10M,wbps=1.5M,riops=100,wiops=50")
                == IOLimit(
                    path: "/var", readBytesPerSecond: .mebibytes(10),
                    writeBytesPerSecond: .kibibytes(1_536), readOperationsPerSecond: 100,
                    writeOperationsPerSecond: 50))
    }

    @Test func thePathMayContainColonsAndBeRelative() throws {
        #expect(
            try limit("a:b:wbps=1M")
                == IOLimit(path: "/srv/u/a:b", writeBytesPerSecond: .mebibytes(1)))
    }

    @Test func theKernelsWordForNoLimitIsUnderstood() throws {
        #expect(
            try limit("/:rbps=max,wiops=7") == IOLimit(path: "/", writeOperationsPerSecond: 7))
    }

    @Test(arguments: [
        ("", "has no ':' between the path and the limits"),
        ("/var", "has no ':' between the path and the limits"), ("/var:", "names no limit"),
        (":rbps=1", "is empty"), ("/var:rbps", "has 'rbps' where KEY=VALUE belongs"),
        ("/var:rbps=1,", "has '' where KEY=VALUE belongs"),
        ("/var:bps=1", "'bps=1' is no key of io.max"),
        ("/var:rbps=1,rbps=2", "gives rbps twice"), ("/var:rbps=0", "'rbps=0' is less than 1"),
        ("/var:riops=0", "'riops=0' is less than 1"),
        ("/var:riops=1K", "'riops=1K' is not a whole number"),
        ("/var:riops=4294967295", "'riops=4294967295' is more than 4294967294"),
        ("/var:wbps=10GG", "'wbps=10GG' unit 'GG' is unknown"),
        ("/var:wbps=-1", "'wbps=-1' is negative"), ("/var:wbps=", "'wbps=' is empty"),
        ("/a/../b:wbps=1", "contains '..'"),
    ])
    func whatIsNoLimitIsRefusedWithTheReason(text: String, reason: String) {
        let error = #expect(throws: InvalidValue.self) { try limit(text) }
        #expect(error?.reason == reason)
        #expect(error?.hint != nil)
    }
}
