internal import Plan
internal import Scheduling
internal import Supervision

/// Everything that a machine takes to answer the supervisor, in milliseconds. Measured on a small one: a
/// launch is done in tens of milliseconds, a tree that is killed is gone in less.
private enum Takes {
    static let launch: Int64 = 50
    static let start: Int64 = 10
    static let end: Int64 = 10
    /// What a program needs to end when it is asked to.
    static let stop: Int64 = 500
}

/// The fleet of a project, and the kernel that does what it wants.
extension Simulator {
    mutating func arrive(_ index: Int) {
        note(index, "arrives")
        queue.add(.told(index, .configured([policy(index)])), at: now)
    }

    /// One service, which is kept running as services are.
    private func policy(_ index: Int) -> ProjectPolicy {
        let project = projects[index]
        let group = scenario.groups[project.group]
        var policy = ProjectPolicy(name: project.name, path: "/")
        policy.priority = group.priority
        policy.services = [Self.service]
        return policy
    }

    private static let service: ServicePolicy = {
        // A name of ours, which is one.
        guard let name = try? WorkloadName("main") else { preconditionFailure("main is a name") }
        return ServicePolicy(name: name, command: ["/bin/true"])
    }()

    mutating func depart(_ index: Int) {
        note(index, "departs")
        queue.add(
            .told(index, .requested(.remove, projects[index].name, service: nil)), at: now)
    }

    mutating func crash(_ index: Int, _ run: RunID) {
        guard bodies[index].run == run else { return }
        if bodies[index].isFrozen {
            // Nothing of it happens while it stands still.
            return queue.add(.crash(index, run), at: now + scenario.interval)
        }
        outcome.totals.crashes += 1
        meter.crashes += 1
        note(index, "crashes")
        end(index, run, .exited(code: 1))
    }

    /// What runs is no more from now on; its supervisor hears of it a little later.
    mutating func end(_ index: Int, _ run: RunID, _ end: RunEnd) {
        bodies[index].run = nil
        queue.add(.told(index, .runEnded(run, end)), at: now + Takes.end)
    }

    /// Tells the fleet, and does what it wants done.
    mutating func tell(_ index: Int, _ event: Event) throws(InvalidValue) {
        switch event {
        case .runStarted(let run): began(index, run)
        case .sandboxEnded: bodies[index].run = nil
        default: break
        }
        let moment = Moment(microseconds: now * 1_000)
        let effects: [Effect]
        do throws(VerbRefused) {
            effects = try projects[index].fleet.apply(event, at: moment)
        } catch {
            // It was gone already, and is not removed twice.
            note(index, "refused: \(error.message)")
            return
        }
        for effect in effects { try follow(effect, index) }
        guard let deadline = projects[index].fleet.nextDeadline else { return }
        // Never before it.
        let wakes = max(now + 1, (deadline.microseconds + 999) / 1_000)
        if wakes == projects[index].wakesAt { return }
        projects[index].wakesAt = wakes
        queue.add(.wake(index), at: wakes)
    }

    private mutating func began(_ index: Int, _ run: RunID) {
        bodies[index].run = run
        if projects[index].hasStartedOnce { outcome.totals.restarts += 1 }
        projects[index].hasStartedOnce = true
        let rate = scenario.groups[projects[index].group].crashesPerHour
        if rate > 0 {
            let span = projects[index].random.exponential(mean: 3_600_000 / rate)
            queue.add(.crash(index, run), at: now + 1 + Int64(min(span, 1e15)))
        }
    }

    private mutating func follow(_ effect: Effect, _ index: Int) throws(InvalidValue) {
        let name = projects[index].name
        switch effect {
        case .admit:
            projects[index].place = .waiting(since: now)
            waiting.append(index)
            admitSoon()
        case .launchSandbox:
            queue.add(.told(index, .sandboxLaunched(name)), at: now + Takes.launch)
        case .endSandbox:
            note(index, "ends")
            bodies[index].run = nil
            bodies[index].isFrozen = false
            queue.add(
                .told(index, .sandboxEnded(name, reason: "as it was asked to")), at: now + Takes.end
            )
        case .freeze: bodies[index].isFrozen = true
        case .thaw: bodies[index].isFrozen = false
        case .startRun(let run, _, _):
            queue.add(.told(index, .runStarted(run)), at: now + Takes.start)
        case .signalRun(let run, let signal):
            if bodies[index].run != run { break }
            bodies[index].run = nil
            queue.add(.told(index, .runEnded(run, .killed(signal: signal))), at: now + Takes.stop)
        case .killRun(let run):
            bodies[index].run = nil
            queue.add(.told(index, .runEnded(run, .killed(signal: 9))), at: now + Takes.end)
        case .probe(let run, let purpose, _):
            queue.add(.told(index, .probed(run, purpose, .passed)), at: now + Takes.start)
        case .forget: try leave(index)
        case .report(let report):
            if let service = report.service {
                note(index, "\(service): \(report.text)")
            } else {
                note(index, report.text)
            }
        case .updateLimits, .store: break
        }
    }
}
