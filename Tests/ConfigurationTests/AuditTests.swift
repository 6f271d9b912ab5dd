import Configuration
import Plan
import Testing

/// `global.audit`, and how long the trail is kept.
struct AuditTests {
    @Test func whatIsNotSaidIsAsTheManualSays() throws {
        let global = try load("global: {}").global
        #expect(global.audit.signEveryRecords == 1_000)
        #expect(global.audit.signEvery == Milliseconds(60_000))
        #expect(global.audit.anchors == [])
        #expect(global.security.auditLogRetentionDays == 90)
    }

    @Test func allOfItIsRead() throws {
        let configuration = try load(
            """
            global:
              security: {audit_log_retention_days: 0}
              audit:
                sign_every_records: 5
                sign_every: 2s
                anchors:
                  - file: /mnt/heads
                  - command: [/bin/logger, -t, heads]
                  - url: https://audit.example.org:8443/heads
                  - url: http://127.0.0.1:8000/
                  - url: http://[::1]/
            """)
        let audit = configuration.global.audit
        #expect(audit.signEveryRecords == 5)
        #expect(audit.signEvery == Milliseconds(2_000))
        #expect(
            audit.anchors == [
                .file(path: "/mnt/heads"), .command(["/bin/logger", "-t", "heads"]),
                .url("https://audit.example.org:8443/heads"), .url("http://127.0.0.1:8000/"),
                .url("http://[::1]/"),
            ])
        #expect(configuration.global.security.auditLogRetentionDays == 0)
        #expect(configuration.unused.isEmpty)
    }

    @Test(arguments: [
        ("http://audit.example.org/", "is neither encrypted nor on this machine"),
        ("http://127.0.0.1.example.org/", "is neither encrypted nor on this machine"),
        ("http://localhost.example.org/", "is neither encrypted nor on this machine"),
        ("http://127.0.0.1@example.org/", "has a user's name or a password in it"),
        ("https://ada:secret@example.org/", "has a user's name or a password in it"),
        ("http://example.org?127.0.0.1", "is neither encrypted nor on this machine"),
        ("ftp://127.0.0.1/", "is no https URL"), ("file:///etc/shadow", "is no https URL"),
        ("-K/etc/shadow", "is no https URL"), ("https:///heads", "names no host"),
        ("https://a b/", "has characters that no URL has"),
        ("https://a/{1,2}", "has characters that no URL has"),
        ("https://a/\\u0001", "has characters that no URL has"),
    ])
    func whereAHeadMayNotGoIsRefused(url: String, message: String) {
        let lines = refusal("global: {audit: {anchors: [{url: \"\(url)\"}]}}")
        #expect(lines.count == 1)
        #expect(
            lines.first?.utf8.starts(with: "b.yaml:1:34: global.audit.anchors.0.url: ".utf8)
                ?? false, "\(lines)")
        #expect(lines.first?.contains(message) ?? false, "\(lines)")
    }

    @Test(arguments: [
        ("{}", "has neither file nor command nor url"),
        ("{file: heads}", "is a relative path"),
        ("{file: /a, url: 'https://b/'}", "exclude each other"),
        ("{command: [logger]}", "the command begins with no absolute path"),
        ("{file: /a}, {file: /a}", "is there twice"),
        (Array(repeating: "{}", count: 17).joined(separator: ","), "is one more than 16"),
    ])
    func whatIsNoAnchorIsRefused(item: String, message: String) {
        let lines = refusal("global: {audit: {anchors: [\(item)]}}")
        #expect(lines.count == 1)
        #expect(lines.first?.contains(message) ?? false, "\(lines)")
    }

    @Test(arguments: [
        "sign_every_records: 0", "sign_every: 0s", "sign_every: 2d", "anchors: /a",
    ])
    func whatIsOutOfRangeIsRefused(key: String) {
        #expect(refusal("global: {audit: {\(key)}}").count == 1)
    }
}
