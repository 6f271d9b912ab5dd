/// A capability as capabilities(7) spells it: `CAP_NET_BIND_SERVICE`.
public struct CapabilityName: Hashable, Sendable {
    public let text: String

    /// Reads `CAP_NET_BIND_SERVICE`, or the same without `CAP_` or in small letters.
    ///
    /// - Parameter subject: what the capability is for, in the operator's words: `--cap`.
    public init(parsing text: String, for subject: String) throws(InvalidValue) {
        self.text = try Plan.parsing(text, for: subject, hint: "see capabilities(7) for the names")
        { () throws(Refusal) in
            let name = String(decoding: try token(text), as: UTF8.self).asciiUppercased
            if name == "ALL" {
                throw Refusal("is no capability", hint: "name each one that is needed")
            }
            let full = name.utf8.starts(with: "CAP_".utf8) ? name : "CAP_" + name
            // Byte by byte: as strings, U+212A KELVIN SIGN and K are the same.
            if Self.all.contains(where: { $0.utf8.elementsEqual(full.utf8) }) { return full }
            throw Refusal(
                "is no capability",
                hint: nearest(to: full, in: Self.all).map { "did you mean \($0)?" })
        }
    }

    /// linux/capability.h, by number.
    public static let all = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID",
        "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE",
        "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW",
        "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
        "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE",
        "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE",
        "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
        "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ]
}

extension String {
    /// Capital letters for the ASCII ones; others stay, so that none of them can turn into ASCII.
    fileprivate var asciiUppercased: String {
        String(
            decoding: utf8.map {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) ? $0 & 0xDF : $0
            }, as: UTF8.self)
    }
}
