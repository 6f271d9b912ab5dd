internal import EventLoop
internal import Plan

/// Work that takes milliseconds.
enum DueWork: Hashable {
    case launch(ProjectName)
    case end(ProjectName)
    /// Limits that the scheduler decided on, some at a time.
    case change
}

extension Supervisor {
    func doLater(_ work: DueWork) {
        // What was asked for last counts: a launch that has not begun is not needed any more.
        due.append(work)
        dueSource?.trigger()
    }

    func doNextDueWork() {
        if due.isEmpty { return }
        let work = due.removeFirst()
        switch work {
        case .launch(let project): launchSandbox(of: project)
        case .end(let project): endSandbox(of: project)
        case .change: changeSome()
        }
        if !due.isEmpty { dueSource?.trigger() }
    }
}
