internal import Plan

/// What is read of one entry of `anchors`.
struct AnchorDraft {
    var file: String?
    var command: [String]?
    var url: String?

    /// The anchor, or nil where something is missing or wrong, which is then noted.
    func anchor(_ node: Node, _ reading: inout Reading) -> AuditSettings.Anchor? {
        if let file { return .file(path: file) }
        if let url { return .url(url) }
        if let command {
            if command.first?.utf8.first == UInt8(ascii: "/") { return .command(command) }
            reading.refuse(
                node.position, "the command begins with no absolute path",
                hint: "name the whole path of the program, from / on")
            return nil
        }
        // Where one of them is there and is wrong, that has been said.
        if node["file"] == nil, node["command"] == nil, node["url"] == nil {
            reading.refuse(
                node.position, "has neither file nor command nor url",
                hint: "write {file: /mnt/elsewhere/bulkhead.heads}")
        }
        return nil
    }
}

enum AuditTable {
    static let audit = Table<AuditSettings>(
        "global.audit",
        [
            .scalar(
                "sign_every_records", .whole(1...1_000_000),
                About(
                    "So many records of the audit trail at most wait for a signature.",
                    standard: "1000", example: "200"), to: \.signEveryRecords),
            .scalar(
                "sign_every", .time(Milliseconds(1_000)...Milliseconds(86_400_000)),
                About(
                    "So long at most does a record wait for a signature.", standard: "60s",
                    example: "10s"), to: \.signEvery),
            .scalar(
                "record_sessions", .word,
                About(
                    "What `exec`, `attach` and terminals show is recorded (`output`), or what they are "
                        + "given too, passwords among it (`all`); a session that cannot be recorded "
                        + "does not begin, or ends.",
                    standard: "none", example: "output"), to: \.recordSessions),
            .scalar(
                "recording_max", .size(atLeast: Bytes(64 << 10)),
                About(
                    "How large the recording of a session may become; the session ends then.",
                    standard: "64M", example: "1G"), to: \.recordingMax),
            .anchors(
                About(
                    "Where each signed head is put outside, so that nobody can cut the trail off or "
                        + "make it anew unseen.",
                    example: "[{file: /mnt/elsewhere/bulkhead.heads}]")),
        ])

    static let anchor = Table<AnchorDraft>(
        "anchor", alternatives: ["file", "command", "url"],
        [
            .scalar(
                "file", .hostPath,
                About(
                    "A file that the head's line is appended to; it is root's alone to write, and no "
                        + "part of its path is a symbolic link.",
                    example: "/mnt/elsewhere/bulkhead.heads"), to: \.file),
            .command(
                "command",
                About(
                    "A program that gets the line on its standard input; it runs as the user nobody, "
                        + "for 10 seconds at most.",
                    example: "[/usr/local/bin/timestamp, --quiet]"), to: \.command),
            .scalar(
                "url", .anchorURL,
                About(
                    "The line is sent there by POST, with curl(1), as the user nobody; `http` only to "
                        + "this machine itself.",
                    example: "https://audit.example.org/heads"), to: \.url),
        ])
}

extension Key where Target == AuditSettings {
    fileprivate static func anchors(_ about: About) -> Key {
        Key(
            description: about.description(
                "anchors", "list of mappings", section: AuditTable.anchor.title),
            takesNothing: true,
            read: { node, target, reading in
                guard case .sequence(let items) = node.content else {
                    reading.refuse(node.position, "expected a list of anchors, found \(node.kind)")
                    return
                }
                if items.count > anchorsMax {
                    reading.refuse(items[anchorsMax].position, "is one more than \(anchorsMax)")
                    return
                }
                var anchors: [AuditSettings.Anchor] = []
                for (index, item) in items.enumerated() {
                    reading.within("\(index)") { reading in
                        var draft = AnchorDraft()
                        AuditTable.anchor.read(item, into: &draft, &reading)
                        guard let anchor = draft.anchor(item, &reading) else { return }
                        if anchors.contains(anchor) {
                            reading.refuse(item.position, "is there twice", hint: "remove one")
                            return
                        }
                        anchors.append(anchor)
                    }
                }
                target.anchors = anchors
            }, inherit: { _, near in near })
    }
}

/// Each is a process for every head.
private let anchorsMax = 16
/// Longer than any that servers take.
private let urlBytesMax = 2_048

extension Value where Result == String {
    /// One that curl(1) takes as a single address of one server.
    fileprivate static var anchorURL: Value {
        Value("URL") { (text) throws(InvalidValue) in
            let secure = "https://"
            let open = "http://"
            if text.utf8.count > urlBytesMax {
                throw InvalidValue("", text, "is longer than \(urlBytesMax) bytes")
            }
            // curl makes many addresses of brackets and braces, and a space or a control character
            // would not arrive as it is.
            guard
                text.utf8.allSatisfy({
                    $0 > 0x20 && $0 < 0x7f && !Array("\"<>\\^`{}|".utf8).contains($0)
                })
            else {
                throw InvalidValue(
                    "", text, "has characters that no URL has", hint: "write them as %XX")
            }
            let isSecure = text.utf8.starts(with: secure.utf8)
            guard isSecure || text.utf8.starts(with: open.utf8) else {
                throw InvalidValue(
                    "", text, "is no https URL", hint: "write https://HOST/PATH")
            }
            let rest = text.utf8.dropFirst(isSecure ? secure.utf8.count : open.utf8.count)
            let authority = Array(rest.prefix { !Array("/?#".utf8).contains($0) })
            if authority.contains(UInt8(ascii: "@")) {
                throw InvalidValue(
                    "", "\(isSecure ? secure : open)…", "has a user's name or a password in it",
                    hint: "the configuration is no place for secrets: use a command")
            }
            let host = hostName(authority)
            if host.isEmpty { throw InvalidValue("", text, "names no host") }
            if !isSecure, !loopbacks.contains(host) {
                throw InvalidValue(
                    "", text, "is neither encrypted nor on this machine",
                    hint: "use https; http only to 127.0.0.1, [::1] or localhost")
            }
            return text
        }
    }

    /// Without the port.
    private static func hostName(_ authority: [UInt8]) -> String {
        if authority.first == UInt8(ascii: "["),
            let end = authority.firstIndex(of: UInt8(ascii: "]"))
        {
            return String(decoding: authority[...end], as: UTF8.self)
        }
        return String(
            decoding: authority.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self
        ).lowercased()
    }
}

private let loopbacks = ["127.0.0.1", "[::1]", "localhost"]
