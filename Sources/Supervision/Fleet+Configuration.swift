import Plan

extension Fleet {
    /// Puts a whole configuration in force: what is new begins, what is missing goes, what differs is
    /// changed, and nothing else is touched.
    mutating func configure(_ policies: [ProjectPolicy], _ turn: inout Turn) {
        var names: Set<ProjectName> = []
        for policy in policies {
            names.insert(policy.name)
            if projects[policy.name] == nil {
                projects[policy.name] = ProjectMachine(policy, isGated: isGated)
            } else {
                projects[policy.name]?.configure(policy, &turn)
            }
        }
        for name in graph.order where !names.contains(name) {
            if projects[name]?.goal != .removed { projects[name]?.leaving = .configured }
            projects[name]?.goal = .removed
        }
        rebuildGraph()
    }
}
