public import Plan

/// What is shown of a project.
public struct ProjectView: Hashable, Sendable {
    public var policy: ProjectPolicy
    public var phase: ProjectPhase
    /// Why, where the phase needs a reason; empty: it needs none.
    public var reason: String
    public var isReady: Bool
    /// What it shall be: `removed` for one that is on its way out.
    public var goal: ProjectRecord.Goal
    /// When its sandbox came up; nil: it has none.
    public var upSince: Moment?
    /// When the next launch is due, after one failed.
    public var dueAt: Moment?
    public var admission: ProjectRecord.Admission
    public var preemption: ProjectRecord.Preemption
    public var services: [ServiceView]

    init(_ project: ProjectMachine) {
        policy = project.policy
        phase = project.phase
        reason = project.reason
        isReady = project.isReady
        goal = project.goal
        upSince = project.sandbox.since
        admission = project.admission
        preemption = project.preemption
        if case .delayed(let until, reason: _) = project.sandbox { dueAt = until }
        services = project.services.map(ServiceView.init)
    }
}

extension Fleet {
    /// Every project, dependencies before what depends on them.
    public var views: [ProjectView] {
        graph.order.compactMap { projects[$0].map(ProjectView.init) }
    }

    public func view(of name: ProjectName) -> ProjectView? {
        projects[name].map(ProjectView.init)
    }

    /// Every project that has a place or waits for one, in the same order as `views`.
    public var places: [(project: ProjectName, admission: ProjectRecord.Admission)] {
        graph.order.compactMap { name in
            guard let admission = projects[name]?.admission, admission != .none else { return nil }
            return (name, admission)
        }
    }

    /// What is taken from a project because the machine is short of something.
    public func preemption(of name: ProjectName) -> ProjectRecord.Preemption {
        projects[name]?.preemption ?? .none
    }

    /// Whether an operator wants it to run outside its work hours.
    public func isAwake(_ name: ProjectName) -> Bool { projects[name]?.isAwake ?? false }

    /// Whether an operator wants it to run although the machine is short of something.
    public func isSpared(_ name: ProjectName) -> Bool { projects[name]?.isSpared ?? false }

    /// Whether that is so of anybody.
    public var sparesAnybody: Bool { projects.values.contains { $0.isSpared } }

    /// Every project, as in `views`.
    public var names: [ProjectName] { graph.order }

    public func phase(of name: ProjectName) -> ProjectPhase? { projects[name]?.phase }
    public func goal(of name: ProjectName) -> ProjectRecord.Goal? { projects[name]?.goal }

    /// The policy in force for a project; nil where there is none of that name.
    public func policy(of name: ProjectName) -> ProjectPolicy? { projects[name]?.policy }
}
