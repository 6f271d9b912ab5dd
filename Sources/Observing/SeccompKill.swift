/// A process that the kernel killed for a system call that its seccomp filter does not want, as the
/// audit record in the kernel's log tells it.
public struct SeccompKill: Hashable, Sendable {
    /// In the initial pid namespace.
    public let hostPID: Int32
    /// In the initial user namespace.
    public let user: UInt32
    /// Of the machine that `architecture` names.
    public let call: Int32
    /// As in linux/audit.h.
    public let architecture: UInt32
    /// Whether a filter did it that the program had brought itself; nil: that is not to be known.
    public var byOwnFilter: Bool? = false

    public init(
        hostPID: Int32, user: UInt32, call: Int32, architecture: UInt32, byOwnFilter: Bool? = false
    ) {
        self.hostPID = hostPID
        self.user = user
        self.call = call
        self.architecture = architecture
        self.byOwnFilter = byOwnFilter
    }

    /// Reads the text of one record; nil where it tells of something else.
    ///
    /// What the process calls itself is in it too. The kernel writes names with anything but plain
    /// characters in hexadecimal (audit_log_untrustedstring), so none can hold a blank.
    init?(text: Substring) {
        guard text.hasPrefix("audit: type=1326 ") else { return nil }
        var user: UInt32?
        var pid: Int32?
        var call: Int32?
        var architecture: UInt32?
        var signal: Int32 = 0
        for field in text.split(separator: " ") {
            guard let equals = field.firstIndex(of: "=") else { continue }
            let value = field[field.index(after: equals)...]
            switch field[..<equals] {
            case "uid": user = UInt32(value)
            case "pid": pid = Int32(value)
            case "syscall": call = Int32(value)
            case "arch": architecture = UInt32(value, radix: 16)
            case "sig": signal = Int32(value) ?? 0
            default: continue
            }
        }
        // Others are only logged.
        guard let user, let pid, let call, let architecture, signal == Self.sigsys else {
            return nil
        }
        self.init(hostPID: pid, user: user, call: call, architecture: architecture)
    }

    private static let sigsys: Int32 = 31
}
