public import Syscalls

/// The profiles of this machine's administrator: they go before those that came with the program.
public enum MachineProfiles {
    public static let directory = "/etc/bulkhead/profiles"

    /// Whoever changes one looks at what is there, and changes that and nothing else: while this lives
    /// nobody else does.
    public final class Lock {
        fileprivate let descriptor: FileDescriptor

        fileprivate init(_ descriptor: consuming FileDescriptor) {
            self.descriptor = descriptor
        }
    }

    /// - Returns: nil where another has it.
    public static func lock() throws(SystemCallError) -> Lock? {
        for path in ["etc/bulkhead", "etc/bulkhead/profiles"] { try make(path) }
        // Nobody else may open it, and so keep us from it.
        let file = try open(
            "\(directory)/.lock", [.writeOnly, .create, .noFollow], mode: 0o600)
        return try file.lock() ? Lock(file) : nil
    }

    /// Nil: there is none of that name.
    public static func read(_ name: String) throws(SystemCallError) -> [UInt8]? {
        do {
            return try open("\(directory)/\(name).json", .nonBlocking)
                .readAll(limit: profileSizeMax)
        } catch  where error.errno == .ENOENT { return nil }
    }

    /// What a file is known by; of none: of no byte at all.
    public static func digest(of content: [UInt8]?) -> String { SHA256.hex(of: content ?? []) }

    /// Puts one in its place, whole or not at all.
    public static func write(
        _ name: String, _ content: [UInt8], _ lock: Lock
    ) throws(SystemCallError) {
        try withExtendedLifetime(lock) { () throws(SystemCallError) in
            try Directory(opening: directory)
                .replaceFile("\(name).json", with: content, mode: 0o644)
        }
    }

    private static func make(_ path: String) throws(SystemCallError) {
        if (try? FileStatus(path: "/\(path)")) != nil { return }
        do { try Directory(opening: "/").makeDirectory(path) } catch  where error.errno == .EEXIST {
        }
    }
}
