import Plan
import Testing

@Suite struct NameTests {
    @Test(arguments: [
        ("0", 0, 0), ("1000", 1_000, 1_000), ("1000:4", 1_000, 4), ("65534:0", 65_534, 0),
    ])
    func anIdentityIsAUserAndAGroup(text: String, user: UInt32, group: UInt32) throws {
        #expect(try Identity(parsing: text, for: "--user") == Identity(user: user, group: group))
    }

    @Test(arguments: [
        ("", "is empty"), ("root", "does not begin with a digit"), ("65535", "is more than 65534"),
        ("-1", "is negative"), ("1:", "is empty"), (":1", "is empty"),
        ("1:2:3", "is not a whole number"),
        ("1.5", "is not a whole number"), ("4294967296", "is more than 65534"),
        ("0x0", "is not a whole number"),
    ])
    func whatIsNoIdentityIsRefusedWithTheReason(text: String, reason: String) {
        let error = #expect(throws: InvalidValue.self) {
            try Identity(parsing: text, for: "--user")
        }
        #expect(
            error
                == InvalidValue(
                    "--user", text, reason,
                    hint: "write UID or UID:GID in numbers from 0 to 65534, for example 1000:1000"))
    }

    @Test(arguments: ["a", "build-17", "A.b.C", "1", String(repeating: "a", count: 63)])
    func aHostNameHasLabels(text: String) throws {
        #expect(try Hostname(parsing: text, for: "--hostname").text == text)
    }

    @Test(arguments: [
        ("", "is empty"), ("a..b", "has an empty label"), (".a", "has an empty label"),
        ("a.", "has an empty label"), ("-a", "has a label that begins or ends with '-'"),
        ("a-.b", "has a label that begins or ends with '-'"),
        ("a_b", "is not made of letters, digits and '-'"),
        ("é", "is not made of letters, digits and '-'"), ("a b", "contains a blank"),
        ("a\0", "contains a NUL byte"),
        (String(repeating: "a", count: 64), "has a label of more than 63 bytes"),
        (String(repeating: "a", count: 65), "is longer than 64 bytes"),
    ])
    func whatIsNoHostNameIsRefusedWithTheReason(text: String, reason: String) {
        let error = #expect(throws: InvalidValue.self) {
            try Hostname(parsing: text, for: "--hostname")
        }
        #expect(error?.reason == reason)
    }

    @Test(arguments: [
        ("CAP_NET_RAW", "CAP_NET_RAW"), ("net_raw", "CAP_NET_RAW"), ("cap_Chown", "CAP_CHOWN"),
    ])
    func aCapabilityMayBeWrittenShort(text: String, full: String) throws {
        #expect(try CapabilityName(parsing: text, for: "--cap").text == full)
    }

    @Test(arguments: [
        ("CAP_NET_ROW", "did you mean CAP_NET_RAW?"), ("ALL", "name each one that is needed"),
        ("xyz", "see capabilities(7) for the names"),
        ("net raw", "see capabilities(7) for the names"),
        ("\u{212A}ILL", "did you mean CAP_KILL?"),
    ])
    func whatIsNoCapabilityIsRefusedWithAWayOut(text: String, hint: String) {
        let error = #expect(throws: InvalidValue.self) {
            try CapabilityName(parsing: text, for: "--cap")
        }
        #expect(error?.hint == hint)
    }

    @Test func aProfileIsANameOrAPath() throws {
        let parse = { try ProfileReference(parsing: $0, base: "/srv/u", for: "--seccomp") }
        #expect(try parse("network-client").text == "network-client")
        #expect(try parse("./mine.json").text == "/srv/u/mine.json")
        #expect(try parse("./mine.json").isPath)
        #expect(try !parse("strict").isPath)
        let file = #expect(throws: InvalidValue.self) { try parse("mine.json") }
        #expect(file?.hint == "for the file of that name, write ./mine.json")
        for text in ["", ".strict", "a b", "..", "a\0b", String(repeating: "a", count: 300)] {
            #expect(throws: InvalidValue.self) { try parse(text) }
        }
    }

    @Test(arguments: [
        "a/b", "..", "a\0b", String(repeating: "a", count: 300), "", "A", "-a", "a.b",
    ])
    func whatIsNoLabelIsNoSandboxName(text: String) {
        #expect(throws: InvalidValue.self) { try SandboxName(text) }
    }
}
