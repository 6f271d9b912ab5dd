internal import Plan
internal import Quotas
internal import Scheduling
internal import Supervision
internal import Syscalls

/// What is configured for all projects and set by people, without what the scheduler has moved: made once for each
/// configuration and each change of limits. With a thousand projects it takes milliseconds, and is asked for
/// again and again at each look.
struct SettledProjects {
    struct Project {
        let policy: ProjectPolicy
        /// As if it did not run.
        let subject: Subject
    }

    /// What it was made of: with another key it is another one.
    struct Key: Hashable {
        let configuration: Int
        let version: Int64
        let limits: Int
        /// Of an hour: zones change their clocks by these.
        let quarter: Int64
    }

    var key: Key?
    /// Dependencies before what depends on them.
    var names: [ProjectName] = []
    var projects: [ProjectName: Project] = [:]
    /// Those that stand still outside their hours.
    var pausing: [(name: ProjectName, hours: WorkHours)] = []
}

extension Supervisor {
    private static let quarterSeconds: Int64 = 900

    /// Makes it anew where that is due.
    func settleProjects() {
        let key = SettledProjects.Key(
            configuration: fleet.revision, version: active.version, limits: quotas.changes,
            quarter: realtimeNanoseconds() / 1_000_000_000 / Self.quarterSeconds)
        if schedule.settled.key == key { return }
        var settled = SettledProjects()
        settled.key = key
        // A zone is a file, and many projects share one.
        var zones: [String: Int] = [:]
        for name in fleet.names {
            guard let configured = fleet.policy(of: name) else { continue }
            let policy = quotas.overrides.effective(configured, without: .scheduler)
            let subject = subject(of: policy, &zones)
            settled.names.append(name)
            settled.projects[name] = SettledProjects.Project(policy: policy, subject: subject)
            if let hours = subject.workHours, hours.outside == .pause {
                settled.pausing.append((name, hours))
            }
        }
        schedule.settled = settled
    }

    func settled(_ project: ProjectName) -> SettledProjects.Project? {
        settleProjects()
        return schedule.settled.projects[project]
    }
}
