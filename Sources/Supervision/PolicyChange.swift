import Plan

extension ProjectPolicy {
    /// Whether a sandbox made for `old` does not do. What a sandbox is made of is decided once.
    func needsAnotherSandbox(than old: ProjectPolicy) -> Bool {
        path != old.path || identity != old.identity || capabilities != old.capabilities
            || seccompProfile != old.seccompProfile || network != old.network
            || mounts != old.mounts || root != old.root || secrets != old.secrets
            // A tmpfs of its own is resized, but is there from the beginning or not at all.
            || (limits.tmp == nil) != (old.limits.tmp == nil)
            || (limits.shm == nil) != (old.limits.shm == nil)
    }

    /// Whether something differs that can be put in force while everything runs.
    func limitsDiffer(from old: ProjectPolicy) -> Bool {
        if limits != old.limits || allowUnlimited != old.allowUnlimited || logRate != old.logRate
            || priority != old.priority
        {
            return true
        }
        return services.contains { service in
            old.services.contains { $0.name == service.name && $0.limits != service.limits }
        }
    }
}

extension ServicePolicy {
    /// Whether a run started for `old` does not do: a process is given these as it starts. The rest
    /// (limits, order, end, restart, breaker, checks) applies to the run there is.
    func needsAnotherRun(than old: ServicePolicy) -> Bool {
        command != old.command || identity != old.identity || environment != old.environment
            || workingDirectory != old.workingDirectory || terminal != old.terminal
            || health.notifiesReady != old.health.notifiesReady
            || health.watchdog != old.health.watchdog
    }
}
