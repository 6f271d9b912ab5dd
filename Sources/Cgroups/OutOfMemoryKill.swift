/// A process that the kernel killed for want of memory, as its log tells it.
public struct OutOfMemoryKill: Hashable, Sendable {
    /// In the initial pid namespace.
    public let hostPID: Int32
    /// What the process called itself: comm in proc(5), at most 15 bytes, of its own choosing.
    public let command: String
    /// Its user, in the initial user namespace.
    public let user: UInt32
    /// Whether the whole machine was out of memory, and not a cgroup.
    public let isMachineWide: Bool
    /// Where it was, below the root of all cgroups; nil: the log does not say.
    public var cgroup: String?

    public init(
        hostPID: Int32, command: String, user: UInt32, isMachineWide: Bool, cgroup: String? = nil
    ) {
        self.hostPID = hostPID
        self.command = command
        self.user = user
        self.isMachineWide = isMachineWide
        self.cgroup = cgroup
    }

    /// Reads the record that comes before that of a kill: who was chosen, and where that is. Nil where it
    /// tells of something else.
    ///
    /// The command comes after the cgroup, whose name nobody inside has chosen, and before the pid.
    public static func place(record: String) -> (hostPID: Int32, cgroup: String)? {
        guard let text = kernelText(record), text.hasPrefix("oom-kill:constraint="),
            let begin = text.places(of: ",task_memcg=").first,
            let end = text[begin.upperBound...].places(of: ",task=").first,
            let label = text.places(of: ",pid=").last,
            let pid = Int32(text[label.upperBound...].prefix { $0.isNumber })
        else { return nil }
        return (pid, String(text[begin.upperBound..<end.lowerBound]))
    }

    /// What the kernel said in a record of /dev/kmsg: only it can write records of facility 0.
    private static func kernelText(_ record: String) -> Substring? {
        guard let semicolon = record.firstIndex(of: ";") else { return nil }
        let prefix = record[..<semicolon].split(separator: ",")
        guard let priority = prefix.first.flatMap({ UInt32($0) }), priority >> 3 == 0 else {
            return nil
        }
        return record[record.index(after: semicolon)...].prefix { $0 != "\n" }
    }
}

extension OutOfMemoryKill {
    /// Reads one record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg); nil where it tells of
    /// something else.
    ///
    /// The command is whatever the process wants it to be, so what follows it is looked for from the
    /// end; and only the kernel can write records of facility 0.
    public init?(record: String) {
        let mark = "Killed process "
        guard let text = Self.kernelText(record), let marked = text.places(of: mark).first,
            let tail = text.places(of: ") total-vm:").last, marked.upperBound < tail.lowerBound
        else { return nil }
        let named = text[marked.upperBound..<tail.lowerBound]
        guard let open = named.places(of: " (").first, let pid = Int32(named[..<open.lowerBound]),
            let label = text[tail.upperBound...].places(of: "UID:").first,
            let user = UInt32(text[label.upperBound...].prefix { $0.isNumber })
        else { return nil }
        hostPID = pid
        command = String(named[open.upperBound...])
        self.user = user
        isMachineWide = text.hasPrefix("Out of memory")
    }
}

extension Substring {
    /// Where `bytes` is. The standard library's search would bring its engine for regular
    /// expressions along: three megabytes.
    fileprivate func places(of bytes: String) -> [Range<Index>] {
        var found: [Range<Index>] = []
        var rest = utf8[...]
        while !rest.isEmpty {
            if rest.starts(with: bytes.utf8) {
                let end = utf8.index(rest.startIndex, offsetBy: bytes.utf8.count)
                found.append(rest.startIndex..<end)
            }
            rest = rest.dropFirst()
        }
        return found
    }
}
