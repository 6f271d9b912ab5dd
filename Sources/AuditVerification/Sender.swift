internal import Audit

/// Who sent an entry, as journald saw it: no program can say that of itself (systemd.journal-fields(7)).
enum Sender {
    /// What tells that it was not bulkheadd; nil where nothing does.
    static func foreign(_ look: EntryLook, _ bytes: [UInt8]) -> String? {
        if let user = look.senderUser, !equal(bytes, user, "0") {
            return "it came from uid \(text(bytes, user)), not from root"
        }
        if let transport = look.transport, !equal(bytes, transport, "journal") {
            return "it came by \(text(bytes, transport)), not from bulkheadd"
        }
        if let program = look.senderProgram {
            let path = text(bytes, program)
            // Of a program that was replaced while it runs, as an upgrade does: proc(5).
            let name = path.hasSuffix(" (deleted)") ? String(path.dropLast(10)) : path
            if name != "bulkheadd" && !name.hasSuffix("/bulkheadd") {
                return "it came from the program \(path)"
            }
        }
        // Cut by the kernel at 15 bytes, which bulkheadd is within.
        if let command = look.senderCommand, !equal(bytes, command, "bulkheadd") {
            return "it came from the command \(text(bytes, command))"
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
