internal import Syscalls

/// The files in which a host describes itself.
struct HostFiles {
    /// What stands before every path: nothing but in tests.
    let root: String

    /// The text of a small file without its last newline; nil where it cannot be read, which says
    /// here that what it describes is not there.
    func text(_ path: String) -> String? {
        guard let text = try? readFile(root + path) else { return nil }
        return String(text.last == "\n" ? text.dropLast() : text[...])
    }

    func number(_ path: String) -> UInt64? { text(path).flatMap { UInt64($0) } }

    /// Nil where there is nothing at the path, or nothing that we may look at.
    func kind(_ path: String) -> FileStatus.Kind? { try? FileStatus(path: root + path).kind }
}
