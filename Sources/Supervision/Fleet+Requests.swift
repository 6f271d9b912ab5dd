public import Plan

extension Fleet {
    /// Whether a command can be run in the project's sandbox now: it has one, and that is not frozen.
    public func canExecute(in name: ProjectName) throws(VerbRefused) {
        let project = try project(name)
        if Lifecycle.canExecute(in: project.phase) { return }
        throw .wrongPhase(
            name, project.phase, verb: "exec",
            allowed: ProjectPhase.allCases.filter(Lifecycle.canExecute))
    }

    func project(_ name: ProjectName) throws(VerbRefused) -> ProjectMachine {
        guard let project = projects[name] else {
            throw .noSuchProject(
                name, nearest: nearest(to: name.text, in: graph.order.map(\.text)))
        }
        return project
    }

    /// Sets the goal that an operator wants; whether that changed anything.
    mutating func request(
        _ verb: Verb, _ name: ProjectName, _ service: WorkloadName?, by actor: UInt32?,
        _ turn: inout Turn
    ) throws(VerbRefused) -> Bool {
        let project = try project(name)
        if isClosing { throw .shuttingDown }
        if let service {
            try request(verb, name, service, by: actor, &turn)
            return true
        }
        if project.goal == .removed {
            if verb == .remove { return false }
            throw .beingRemoved(name)
        }
        let answer = Lifecycle.answer(to: verb, in: project.ownPhase)
        if answer.changesNothing, project.isActiveBeneath, project.isLifted(by: verb) {
            // What it shall be is so already, and whoever wants it now does not wait for more room.
            projects[name]?.lift(by: actor, &turn)
            return true
        }
        switch answer {
        case .becomes: break
        case .holds: return false
        case .refused:
            throw .wrongPhase(
                name, project.phase, verb: verb.rawValue, allowed: Lifecycle.phases(for: verb))
        }
        try checkDependants(of: name, verb, turn)
        projects[name]?.follow(verb, by: actor, &turn)
        return true
    }

    /// What others need is not taken away below them.
    private func checkDependants(
        of name: ProjectName, _ verb: Verb, _ turn: Turn
    ) throws(VerbRefused) {
        let dependants: [ProjectName]
        switch verb {
        case .stop, .archive:
            dependants = graph.dependants(of: name).filter {
                projects[$0]?.remains(turn) == true
            }
        case .remove:
            dependants = graph.dependants(of: name).filter {
                projects[$0].map { $0.goal != .removed } ?? false
            }
        // After these it comes back, or is there all the time.
        case .start, .restart, .pause, .resume, .maintain: dependants = []
        }
        if !dependants.isEmpty { throw .needed(name, verb, by: dependants) }
    }

    private mutating func request(
        _ verb: Verb, _ name: ProjectName, _ service: WorkloadName, by actor: UInt32?,
        _ turn: inout Turn
    ) throws(VerbRefused) {
        let project = try project(name)
        let index = project.services.firstIndex { $0.policy.name == service && !$0.isLeaving }
        guard let index else {
            throw .noSuchService(
                service, name,
                nearest: nearest(to: service.text, in: project.services.map(\.policy.name.text)))
        }
        if !Lifecycle.commandsServices(in: project.phase) {
            throw .wrongPhase(
                name, project.phase, verb: "\(verb.rawValue) of a service",
                allowed: ProjectPhase.allCases.filter(Lifecycle.commandsServices))
        }
        switch verb {
        case .start: projects[name]?.services[index].release(&turn)
        case .stop: projects[name]?.services[index].hold(by: actor, &turn)
        case .restart: projects[name]?.services[index].restart(by: actor, &turn)
        case .pause, .resume, .maintain, .archive, .remove: throw .notForServices(verb)
        }
    }
}

extension ProjectMachine {
    /// Does what an operator wants and may want: `Lifecycle` allows it in this phase.
    fileprivate mutating func follow(_ verb: Verb, by actor: UInt32?, _ turn: inout Turn) {
        if isLifted(by: verb) { lift(by: actor, &turn) }
        leaving = StopOrder(.operator, "\(verb.rawValue) of its project", actor: actor)
        switch verb {
        case .start: aim(at: .active)
        case .stop: aim(at: .stopped)
        case .restart:
            aim(at: phase == .maintenance ? .maintenance : .active)
            replaceSandbox(&turn)
        case .pause: aim(at: .paused)
        case .resume: aim(at: .active)
        case .maintain: aim(at: .maintenance)
        case .archive: aim(at: .archived)
        case .remove: aim(at: .removed)
        }
    }

    private mutating func aim(at new: Goal) {
        goal = new
        // Whoever asks does not want to wait for the next try.
        if case .delayed = sandbox {
            launches.reset()
            sandbox = .none
        }
    }
}
