internal import Syscalls

/// What the kernel logs of what filters decide, as nothing else can be counted: the sysctl
/// kernel.seccomp.actions_logged, see seccomp(2).
public struct LoggedActions {
    /// Of what a profile may answer, what is left out.
    public let missing: [String]

    /// Of seccomp(2), what a profile may answer.
    private static let needed = ["kill_process", "kill_thread", "trap", "errno", "log"]

    /// - Parameter text: the words of the sysctl.
    public init(parsing text: String) {
        let words = Set(text.split { $0 == " " || $0 == "\n" }.map(String.init))
        missing = Self.needed.filter { !words.contains($0) }
    }

    /// Of this machine; a kernel without the file logs them all.
    public static func current() -> LoggedActions {
        let text = try? readFile("/proc/sys/kernel/seccomp/actions_logged")
        return LoggedActions(parsing: text ?? needed.joined(separator: " "))
    }

    /// What is not seen for it, in one line; nil where nothing is missing.
    public var trouble: String? {
        if missing.isEmpty { return nil }
        return "calls that are answered by \(missing.joined(separator: ", ")) are not seen: "
            + "the sysctl kernel.seccomp.actions_logged leaves that out"
    }
}
