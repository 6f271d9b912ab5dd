internal import Audit

/// Who sent an entry, as journald saw it: no program can say that of itself (systemd.journal-fields(7)).
struct Sender {
    /// The values that the last one had that was bulkheadd: nearly all that come have them again.
    private var known: [[UInt8]] = []

    func isKnown(_ look: EntryLook, _ bytes: [UInt8]) -> Bool {
        guard known.count == 4, let user = look.senderUser, let transport = look.transport,
            let program = look.senderProgram, let command = look.senderCommand
        else { return false }
        return same(bytes, user, known[0]) && same(bytes, transport, known[1])
            && same(bytes, program, known[2]) && same(bytes, command, known[3])
    }

    /// What tells that it was not bulkheadd; nil where nothing does.
    mutating func foreign(_ entry: EntryFields, _ look: EntryLook) -> String? {
        let bytes = entry.bytes
        // Anybody may send so much that what journald adds has no room. A record has not.
        if entry.isCut && look.senderUser == nil {
            return "it is larger than any record, and who sent it was not read"
        }
        if let user = look.senderUser, !Self.equal(bytes, user, "0") {
            return "it came from uid \(Self.text(bytes, user)), not from root"
        }
        if let transport = look.transport, !Self.equal(bytes, transport, "journal") {
            return "it came by \(Self.text(bytes, transport)), not from bulkheadd"
        }
        if let program = look.senderProgram {
            let path = Self.text(bytes, program)
            // Of a program that was replaced while it runs, as an upgrade does: proc(5).
            let name = path.hasSuffix(" (deleted)") ? String(path.dropLast(10)) : path
            if name != "bulkheadd" && !name.hasSuffix("/bulkheadd") {
                return "it came from the program \(path)"
            }
        }
        // Cut by the kernel at 15 bytes, which bulkheadd is within.
        if let command = look.senderCommand, !Self.equal(bytes, command, "bulkheadd") {
            return "it came from the command \(Self.text(bytes, command))"
        }
        if let user = look.senderUser, let transport = look.transport,
            let program = look.senderProgram, let command = look.senderCommand
        {
            known = [user, transport, program, command].map { Array(bytes[$0]) }
        }
        return nil
    }

    /// `, _PID 17, _UID 0, _EXE /usr/bin/logger`
    static func description(_ look: EntryLook, _ bytes: [UInt8]) -> String {
        var words: [String] = []
        for (name, place) in [
            ("_PID", look.senderPID), ("_UID", look.senderUser), ("_EXE", look.senderProgram),
            ("_SYSTEMD_UNIT", look.senderUnit),
        ] {
            if let place { words.append("\(name) \(text(bytes, place))") }
        }
        return words.isEmpty ? "" : " (" + words.joined(separator: ", ") + ")"
    }

    static func text(_ bytes: [UInt8], _ place: Range<Int>) -> String {
        String(decoding: bytes[place].prefix(128), as: UTF8.self)
    }

    static func equal(_ bytes: [UInt8], _ place: Range<Int>, _ text: StaticString) -> Bool {
        if place.count != text.utf8CodeUnitCount { return false }
        return bytes[place].elementsEqual("\(text)".utf8)
    }
}
