internal import EventLoop
internal import JSONTree
internal import Plan
internal import Supervision
internal import Syscalls
internal import Varlink

/// A caller who wants to hear when a project or service has come where it was sent.
final class Waiter {
    enum Goal { case ready, stopped, exists }

    let call: Call
    let project: ProjectName
    let service: WorkloadName?
    let goal: Goal
    var timer: TimerSource?

    init(_ call: Call, _ project: ProjectName, _ service: WorkloadName?, _ goal: Goal) {
        self.call = call
        self.project = project
        self.service = service
        self.goal = goal
    }
}

extension Supervisor {
    /// How long a caller waits who does not say: as long as systemd waits for a unit to start.
    private static let patienceMilliseconds: Int64 = 90_000
    /// A day; what is longer is a mistake.
    private static let patienceMillisecondsMax: Int64 = 86_400_000

    func wait(
        _ call: Call, for goal: Waiter.Goal, of project: ProjectName, _ service: WorkloadName?
    ) {
        let waiter = Waiter(call, project, service, goal)
        if let outcome = outcome(of: waiter) { return answer(waiter, outcome) }
        // Nobody who called one-way waits for anything.
        if !call.isOpen { return }
        let asked = call.parameters["timeout_ms"]?.integer ?? Self.patienceMilliseconds
        let patience = min(max(asked, 0), Self.patienceMillisecondsMax)
        do throws(SystemCallError) {
            let timer = try loop.timer { [unowned self, unowned waiter] in expire(waiter) }
            timer.set(at: loop.now + patience * 1_000)
            waiter.timer = timer
        } catch {
            return call.fail(Failure.failed(error))
        }
        waiters.append(waiter)
        call.onHangUp { [unowned self, weak waiter] in
            waiters.removeAll { $0 === waiter }
        }
    }

    func answerWaiters() {
        if waiters.isEmpty { return }
        var still: [Waiter] = []
        for waiter in waiters {
            if let outcome = outcome(of: waiter) {
                answer(waiter, outcome)
            } else {
                still.append(waiter)
            }
        }
        waiters = still
    }

    private enum Outcome {
        case reached(phase: String)
        case failed(Failure)
    }

    private func answer(_ waiter: Waiter, _ outcome: Outcome) {
        switch outcome {
        case .reached(let phase): waiter.call.reply(["phase": .string(phase)])
        case .failed(let failure): waiter.call.fail(failure)
        }
    }

    private func expire(_ waiter: Waiter) {
        waiters.removeAll { $0 === waiter }
        let view = fleet.view(of: waiter.project)
        let phase = view.map { describe($0, waiter.service) } ?? "gone"
        waiter.call.fail(
            .timeout(
                "\(target(waiter)) is still \(phase)",
                hint: "it goes on; see bulkhead status \(waiter.project)"))
    }

    private func target(_ waiter: Waiter) -> String {
        waiter.service.map { "\(waiter.project)/\($0)" } ?? waiter.project.text
    }

    private func describe(_ view: ProjectView, _ service: WorkloadName?) -> String {
        guard let service, let found = view.services.first(where: { $0.name == service }) else {
            return view.reason.isEmpty
                ? view.phase.rawValue : "\(view.phase.rawValue): \(view.reason)"
        }
        return found.reason.isEmpty
            ? found.phase.rawValue : "\(found.phase.rawValue): \(found.reason)"
    }

    /// Nil while it can still come.
    private func outcome(of waiter: Waiter) -> Outcome? {
        guard let view = fleet.view(of: waiter.project) else {
            return waiter.goal == .stopped
                ? .reached(phase: "removed") : .failed(.projectNotFound(waiter.project, self))
        }
        if let service = waiter.service {
            guard let found = view.services.first(where: { $0.name == service }) else {
                return .failed(.serviceNotFound(waiter.project, service, self))
            }
            return outcome(of: waiter, found)
        }
        switch (waiter.goal, view.phase) {
        case (.ready, .active) where view.isReady, (.exists, _),
            (.stopped, .stopped), (.stopped, .archived), (.stopped, .paused),
            (.ready, .paused), (.ready, .maintenance):
            return .reached(phase: view.phase.rawValue)
        case (.ready, .failed), (.ready, .stopped), (.ready, .archived):
            return .failed(
                .notStarted(
                    waiter.project, "\(waiter.project) is \(describe(view, nil))",
                    hint: "see bulkhead logs \(waiter.project)"))
        case (.ready, .active):
            // Ready it cannot become while a service is parked.
            guard let parked = view.services.first(where: { $0.phase == .parked }) else {
                return nil
            }
            return .failed(
                .notStarted(
                    waiter.project, "\(waiter.project)/\(parked.name) is parked: \(parked.reason)",
                    hint: "see bulkhead logs \(waiter.project)/\(parked.name)"))
        case (.ready, .initializing), (.ready, .starting), (.ready, .stopping),
            (.stopped, .active), (.stopped, .maintenance), (.stopped, .initializing),
            (.stopped, .starting), (.stopped, .stopping), (.stopped, .failed):
            return nil
        }
    }

    private func outcome(of waiter: Waiter, _ service: ServiceView) -> Outcome? {
        switch (waiter.goal, service.phase) {
        case (.exists, _), (.stopped, .held), (.stopped, .stopped):
            return .reached(phase: service.phase.rawValue)
        // One that has done its work and ended counts as ready too.
        case (.ready, _) where service.isReady:
            return .reached(phase: service.phase.rawValue)
        case (.ready, .parked), (.ready, .held), (.ready, .stopped):
            return .failed(
                .notStarted(
                    waiter.project,
                    "\(waiter.project)/\(service.name) is \(service.phase.rawValue): \(service.reason)",
                    hint: "see bulkhead logs \(waiter.project)/\(service.name)"))
        default: return nil
        }
    }
}
