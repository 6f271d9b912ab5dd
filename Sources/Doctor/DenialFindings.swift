internal import Plan
internal import Tracing

/// How a part of the supervisor does, as that says itself.
public enum SupervisorAnswer {
    /// None runs.
    case none
    case component(isWell: Bool, text: String)
    /// It could not be asked: why, and what to do.
    case failed(String, hint: String?)
}

/// Whether calls that filters deny are told with names.
enum DenialFindings {
    private static let subject = "denied calls"

    /// Asks the supervisor that runs; where none does, or it cannot, what the kernel gives is tried.
    ///
    /// - Parameters:
    ///   - user: who we are. Others than root may not try it, and are recorded where they may not ask.
    ///   - logged: what the kernel logs.
    ///   - watch: begins to watch as the supervisor would, and ends that.
    static func denials(
        user: UInt32, logged: LoggedActions, ask: () -> SupervisorAnswer,
        watch: () throws(DenialsUnseen) -> Void
    ) -> Finding {
        if user != 0 {
            return Finding(
                .degraded, subject, "only root can find out whether they are named", "run as root")
        }
        switch ask() {
        case .component(isWell: true, let text):
            return Finding(.ok, subject, "\(text), the supervisor says")
        case .component(isWell: false, let text):
            let own = tried(logged, watch)
            return Finding(
                .degraded, subject, text,
                own.status == .ok
                    ? "see \(installedPage("seccomp")), and: systemctl restart bulkhead"
                    : own.advice)
        case .failed(let why, let hint): return Finding(.degraded, subject, why, hint)
        case .none: return tried(logged, watch)
        }
    }

    private static func tried(
        _ logged: LoggedActions, _ watch: () throws(DenialsUnseen) -> Void
    ) -> Finding {
        do throws(DenialsUnseen) { try watch() } catch {
            return Finding(.degraded, subject, error.message, error.hint)
        }
        if let trouble = logged.trouble {
            return Finding(
                .degraded, subject, trouble,
                "add \(logged.missing.joined(separator: ", ")) to that sysctl")
        }
        return Finding(.ok, subject, "a supervisor can name them; none runs")
    }
}
