import Plan
import Testbed
import Testing

@Suite struct PlainPathTests {
    @Test(arguments: [
        ("/", "/"), ("//", "/"), ("/srv", "/srv"), ("/srv/", "/srv"),
        ("//srv//shop/.", "/srv/shop"),
        (".", "/srv/u"), ("./a", "/srv/u/a"), ("a/b", "/srv/u/a/b"), ("..", "/srv"),
        ("../v/x", "/srv/v/x"), ("../../../..", "/"), (".././w", "/srv/w"), ("/...", "/..."),
        ("/a b", "/a b"), ("/é", "/é"), ("..a", "/srv/u/..a"),
    ])
    func aHostPathIsMadeAbsoluteAndPlain(text: String, plain: String) throws {
        #expect(try PlainPath(onHost: text, base: "/srv/u", for: "--ro").text == plain)
    }

    @Test(arguments: [
        ("", "is empty"), ("/a\0b", "contains a NUL byte"),
        (String(repeating: "/a", count: 2_048), "is longer than 4095 bytes"),
        ("/" + String(repeating: "é", count: 128), "has a component of more than 255 bytes"),
    ])
    func whatIsNoPathIsRefusedWithTheReason(text: String, reason: String) {
        let error = #expect(throws: InvalidValue.self) {
            try PlainPath(onHost: text, base: "/srv/u", for: "--ro")
        }
        #expect(error == InvalidValue("--ro", text, reason, hint: "write an absolute path"))
    }

    @Test(arguments: ["/srv/../etc", "a/../b", "/..", "../a/..", "./a/.."])
    func climbingAfterANameIsRefusedSinceTheNameMayBeALink(text: String) {
        let error = #expect(throws: InvalidValue.self) {
            try PlainPath(onHost: text, base: "/srv/u", for: "--ro")
        }
        #expect(
            error
                == InvalidValue(
                    "--ro", text, "contains '..'",
                    hint: "write the path that it leads to, without '..'"))
    }

    @Test func aRelativePathNeedsACurrentDirectory() {
        let error = #expect(throws: InvalidValue.self) {
            try PlainPath(onHost: "a", base: nil, for: "--ro")
        }
        #expect(error?.reason == "is relative, and the current directory is gone")
        #expect(throws: Never.self) { try PlainPath(onHost: "/a", base: nil, for: "--ro") }
    }

    @Test func aPathInTheSandboxIsAbsolute() throws {
        #expect(try PlainPath(inSandbox: "/data/./x/", for: "--tmpfs").text == "/data/x")
        let relative = #expect(throws: InvalidValue.self) {
            try PlainPath(inSandbox: "data", for: "--tmpfs")
        }
        #expect(relative?.reason == "is not an absolute path")
        let climbing = #expect(throws: InvalidValue.self) {
            try PlainPath(inSandbox: "/data/../etc", for: "--tmpfs")
        }
        #expect(climbing?.reason == "contains '..'")
    }

    @Test func joinedToALongDirectoryItMayBeTooLong() {
        let base =
            "/"
            + Array(repeating: String(repeating: "d", count: 200), count: 20)
            .joined(separator: "/")
        let error = #expect(throws: InvalidValue.self) {
            try PlainPath(onHost: String(repeating: "x", count: 200), base: base, for: "--ro")
        }
        #expect(error?.reason == "is longer than 4095 bytes from the root on")
    }

    @Test func whateverIsAcceptedIsPlainAndStaysAsItIs() throws {
        var generator = Seeded(3)
        for _ in 0..<2_000 {
            let text = generator.text()
            guard let path = try? PlainPath(onHost: text, base: "/srv/u", for: "it") else {
                continue
            }
            let components = path.text.dropFirst().split(
                separator: "/", omittingEmptySubsequences: false)
            #expect(path.text.utf8.first == UInt8(ascii: "/"))
            #expect(path.text == "/" || components.allSatisfy { !["", ".", ".."].contains($0) })
            #expect(try PlainPath(onHost: path.text, base: nil, for: "it") == path)
            #expect(try PlainPath(inSandbox: path.text, for: "it") == path)
        }
    }
}
