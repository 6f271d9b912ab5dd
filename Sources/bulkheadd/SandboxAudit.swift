internal import Audit
internal import Launch
internal import Plan

/// What the audit trail says of a sandbox.
extension AuditEntry {
    /// One that was made: the isolation that is in force.
    init(launched sandbox: SandboxRecord, _ policy: ProjectPolicy, _ plan: SandboxPlan) {
        let last = sandbox.range.base + IDRange.count - 1
        self.init(
            .sandboxLaunched, "its sandbox was made", project: sandbox.project,
            details: [
                (AuditField.objectPID, String(sandbox.pid)),
                (AuditField.cgroup, sandbox.cgroup),
                (AuditField.namespaces, plan.namespaceNames.joined(separator: ",")),
                (AuditField.ids, "\(sandbox.range.base)-\(last)"),
                (AuditField.capabilities, commaSeparated(plan.capabilities, otherwise: "none")),
                (AuditField.profile, policy.seccompProfile),
                (AuditField.network, plan.network.rawValue),
                (AuditField.limits, commaSeparated(Self.words(policy.limits), otherwise: "none")),
                (
                    AuditField.root,
                    commaSeparated(plan.mounts.map(\.destination), otherwise: "none")
                ),
            ])
    }

    /// `memory=1G`
    private static func words(_ limits: Limits) -> [String] {
        LimitName.words.compactMap { name in
            limits[name].map { "\(name.text)=\($0.text)" }
        }
    }
}

private func commaSeparated(_ words: [String], otherwise: String) -> String {
    words.isEmpty ? otherwise : commaSeparated(words)
}
