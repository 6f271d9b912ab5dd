import Plan
import Supervision

extension World {
    /// From now on nothing fails, and whatever is asked is answered, until there is nothing to do.
    mutating func comeToRest() throws {
        isKind = true
        for name in held.sorted() { try tell(hold(name)) }
        for view in fleet.views {
            try tell(.preempted(view.policy.name, .none, reason: "there is enough"))
        }
        for _ in 0..<5_000 {
            step += 1
            while let event = openEvent() {
                try tell(event)
                try tellWhatIsDue()
            }
            if isAtRest { return }
            let second = now + Milliseconds(1_000)
            now = max(now, min(fleet.nextDeadline ?? second, second))
            try tellWhatIsDue()
            for id in runs.keys.sorted() where runs[id]?.isTold == true && !isFrozen(id) {
                try tell(.notified(id, .ready))
                try tell(.notified(id, .watchdog))
            }
        }
        try check(false, "no rest: \(unrest)")
    }

    private func isFrozen(_ id: RunID) -> Bool {
        runs[id].map { frozen.contains($0.project) } ?? false
    }

    /// What has been asked and not been answered.
    private mutating func openEvent() -> Event? {
        if let event = sandboxEvent() ?? admission() { return event }
        let open = runs.filter { _, run in
            if run.end != nil || run.isKilled { return true }
            if frozen.contains(run.project) { return false }
            return !run.isTold || run.isSignalled || !run.probes.isEmpty
        }
        return open.keys.min().flatMap { runEvent($0) }
    }

    private var isAtRest: Bool { unrest.isEmpty }

    /// Every project and service that is on its way somewhere.
    private var unrest: [String] {
        var result: [String] = []
        for view in fleet.views {
            let name = view.policy.name
            let isWaiting = view.policy.dependencies.contains {
                fleet.view(of: $0)?.isReady != true
            }
            switch view.phase {
            case .initializing: if isWaiting { continue }
            case .starting, .stopping, .failed: break
            case .paused, .maintenance, .stopped, .archived: continue
            case .active: if view.services.allSatisfy({ isAtRest($0, in: view) }) { continue }
            }
            result.append("\(name) \(view.phase) \(view.services.map { "\($0.name) \($0.phase)" })")
        }
        return result
    }

    private func isAtRest(_ service: ServiceView, in project: ProjectView) -> Bool {
        switch service.phase {
        case .running: return service.isReady && service.breaker == .closed
        case .held, .stopped: return true
        case .starting, .stopping, .backingOff, .parked: return false
        case .waiting:
            let policy = project.policy.services.first { $0.name == service.name }
            return project.services.contains {
                policy?.after.contains($0.name) == true && !$0.isReady
            }
        }
    }

    // MARK: The end

    /// Whatever way it ends, nothing is left and nothing is due.
    mutating func end(_ way: Int) throws {
        switch way {
        case 0:
            for view in fleet.views.reversed() {
                try tell(.requested(.stop, view.policy.name, service: nil))
                try comeToRest()
                let phase = fleet.view(of: view.policy.name)?.phase
                try check(
                    phase == .stopped || phase == .archived, "\(view.policy.name) did not stop")
            }
        case 1: try tell(.shutDown)
        default: try tell(.configured([]))
        }
        while let event = openEvent() {
            try tell(event)
            try tellWhatIsDue()
        }
        try check(sandboxes.isEmpty, "sandboxes are left: \(sandboxes)")
        try check(runs.isEmpty, "runs are left")
        try check(fleet.nextDeadline == nil, "something is due")
        for id in 0...latestRun {
            try check(fleet.owner(of: RunID(rawValue: id)) == nil, "run \(id) is remembered")
        }
        if way == 2 { try check(fleet.views.isEmpty && records.isEmpty, "projects are left") }
    }
}
