internal import Plan
internal import Syscalls

/// Who we are: `bulkhead run` must be root, with what root can usually do.
enum PrivilegeFindings {
    /// A launch fails without any one of these.
    static let needed = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_MKNOD", "CAP_SETGID", "CAP_SETUID", "CAP_SYS_ADMIN",
    ]
    /// What is lost without each of these.
    static let useful = [
        ("CAP_SYSLOG", "which process was killed for memory is not known"),
        ("CAP_SYS_RESOURCE", "resource limits cannot be above our own"),
    ]

    /// - Parameter capabilities: bit N is set where capability N is effective.
    static func privileges(user: UInt32, capabilities: UInt64) -> [Finding] {
        let subject = "privileges"
        if user != 0 {
            return [Finding(.missing, subject, "user \(user)", "run as root: sudo bulkhead doctor")]
        }
        let absent = { (name: String) -> Bool in
            guard let number = CapabilityName.all.firstIndex(of: name) else { return true }
            return capabilities & (1 << UInt64(number)) == 0
        }
        let lacking = needed.filter(absent)
        if !lacking.isEmpty {
            return [
                Finding(
                    .missing, subject, "root without \(lacking.joined(separator: ", "))",
                    "run outside of the container, or give it these capabilities")
            ]
        }
        let lesser = useful.filter { absent($0.0) }
        if lesser.isEmpty { return [Finding(.ok, subject, "root with all that is needed")] }
        return lesser.map {
            Finding(
                .degraded, subject, "root without \($0.0): \($0.1)",
                "let the container keep \($0.0)")
        }
    }
}
