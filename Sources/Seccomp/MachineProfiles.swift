public import Syscalls

/// The profiles of this machine's administrator: they go before those that came with the program.
public enum MachineProfiles {
    public static let directory = "/etc/bulkhead/profiles"

    /// Puts one in its place, whole or not at all.
    public static func write(_ name: String, _ content: [UInt8]) throws(SystemCallError) {
        for path in ["etc/bulkhead", "etc/bulkhead/profiles"] { try make(path) }
        try Directory(opening: directory).replaceFile("\(name).json", with: content, mode: 0o644)
    }

    private static func make(_ path: String) throws(SystemCallError) {
        if (try? FileStatus(path: "/\(path)")) != nil { return }
        try Directory(opening: "/").makeDirectory(path)
    }
}
