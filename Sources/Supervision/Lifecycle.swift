/// Which verb works in which phase of a project: the one place that says so. docs/lifecycle.md is
/// printed from it.
public enum Lifecycle {
    public enum Answer: Hashable, Sendable {
        /// Makes the project become this.
        case becomes(ProjectPhase)
        /// Is so already: nothing is done, and that is no error.
        case holds
        case refused

        var changesNothing: Bool {
            switch self {
            case .becomes: false
            case .holds, .refused: true
            }
        }
    }

    public static func answer(to verb: Verb, in phase: ProjectPhase) -> Answer {
        switch verb {
        case .start:
            switch phase {
            case .initializing, .starting, .active: .holds
            case .maintenance, .stopping, .stopped, .failed: .becomes(.active)
            // Whoever froze or archived it had a reason that `start` does not know of.
            case .paused, .archived: .refused
            }
        case .stop:
            switch phase {
            case .initializing, .starting, .active, .paused, .maintenance, .stopping, .failed:
                .becomes(.stopped)
            case .stopped: .holds
            case .archived: .refused
            }
        case .restart:
            switch phase {
            case .initializing: .holds
            case .starting, .active, .paused, .stopping, .stopped, .failed: .becomes(.active)
            case .maintenance: .becomes(.maintenance)
            case .archived: .refused
            }
        case .pause:
            switch phase {
            case .active, .maintenance: .becomes(.paused)
            case .paused: .holds
            case .initializing, .starting, .stopping, .stopped, .failed, .archived: .refused
            }
        case .resume:
            switch phase {
            case .paused, .maintenance, .archived: .becomes(.active)
            case .active: .holds
            case .initializing, .starting, .stopping, .stopped, .failed: .refused
            }
        case .maintain:
            switch phase {
            case .initializing, .starting, .active, .paused, .stopping, .stopped, .failed:
                .becomes(.maintenance)
            case .maintenance: .holds
            case .archived: .refused
            }
        case .archive:
            switch phase {
            case .initializing, .starting, .active, .paused, .maintenance, .stopping, .stopped,
                .failed:
                .becomes(.archived)
            case .archived: .holds
            }
        case .remove:
            switch phase {
            case .initializing, .starting, .active, .paused, .maintenance, .stopping, .stopped,
                .failed, .archived:
                .becomes(.stopped)
            }
        }
    }

    /// Whether a command can be run in the sandbox of a project in this phase.
    public static func canExecute(in phase: ProjectPhase) -> Bool {
        switch phase {
        case .active, .maintenance: true
        case .initializing, .starting, .paused, .stopping, .stopped, .failed, .archived: false
        }
    }

    /// Whether single services of a project in this phase can be started, stopped and restarted.
    public static func commandsServices(in phase: ProjectPhase) -> Bool {
        switch phase {
        case .active: true
        case .initializing, .starting, .paused, .maintenance, .stopping, .stopped, .failed,
            .archived:
            false
        }
    }

    /// The phases in which `verb` is not refused.
    public static func phases(for verb: Verb) -> [ProjectPhase] {
        ProjectPhase.allCases.filter { answer(to: verb, in: $0) != .refused }
    }

    /// The table in Markdown: a line a verb, a column a phase.
    public static var table: String {
        var text = "| |"
        for phase in ProjectPhase.allCases { text += " \(phase.rawValue) |" }
        text += "\n|---|"
        for _ in ProjectPhase.allCases { text += "---|" }
        for verb in Verb.allCases {
            text += "\n| `\(verb.rawValue)` |"
            for phase in ProjectPhase.allCases {
                switch answer(to: verb, in: phase) {
                case .becomes(let next):
                    text += verb == .remove ? " removed |" : " \(next.rawValue) |"
                case .holds: text += " = |"
                case .refused: text += " – |"
                }
            }
        }
        for (words, allows) in [
            ("`exec`, `run -p`", canExecute),
            ("a service's `start`, `stop`, `restart`", commandsServices),
        ] {
            text += "\n| \(words) |"
            for phase in ProjectPhase.allCases { text += allows(phase) ? " yes |" : " – |" }
        }
        return text + "\n"
    }
}
