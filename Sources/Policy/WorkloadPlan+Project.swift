public import Plan

extension WorkloadPlan {
    /// Decides how a service of a project is started.
    public init(service: ServicePolicy, in policy: ProjectPolicy) throws(InvalidValue) {
        var order = CommandOrder(service.command)
        order.identity = service.identity
        order.environment = service.environment
        order.workingDirectory = service.workingDirectory
        order.limits = service.limits
        order.terminal = service.terminal
        try self.init(order, in: policy)
        notifies = service.health.notifiesReady || service.health.watchdog != nil
        if let watchdog = service.health.watchdog {
            // sd_watchdog_enabled(3).
            environment.append(
                EnvironmentVariable(name: "WATCHDOG_USEC", value: "\(watchdog.count * 1_000)"))
        }
    }

    /// Decides how a declared task is started.
    ///
    /// - Parameter arguments: come after those of its declaration.
    public init(
        task: TaskPolicy, arguments: [String], terminal: Bool, in policy: ProjectPolicy
    ) throws(InvalidValue) {
        var order = CommandOrder(task.command + arguments)
        order.identity = task.identity
        order.environment = task.environment
        order.workingDirectory = task.workingDirectory
        order.limits = task.limits
        order.terminal = terminal
        try self.init(order, in: policy)
    }

    /// Decides how any command is started in a project's sandbox.
    public init(_ order: CommandOrder, in policy: ProjectPolicy) throws(InvalidValue) {
        let program = try LaunchPlan.program(
            of: order.command, hint: "bulkhead exec PROJECT -- COMMAND [ARG…]")
        let mounts = try ProjectMounts(policy)
        let identity = order.identity ?? policy.identity
        for id in [identity.user, identity.group] where id >= IDRange.count {
            throw InvalidValue(
                "user", "\(id)", "is not one of the sandbox's", hint: "it has 0 to 65535")
        }
        if identity.user == 0 && policy.capabilities.contains("CAP_SETFCAP") {
            // What user 0 writes into the project's directory belongs to its owner on the host, and so
            // would the capability.
            throw InvalidValue(
                "capabilities", "CAP_SETFCAP",
                "with user 0 could set file capabilities for the host",
                hint: "leave one of them out")
        }
        var environment = EnvironmentList(
            for: identity, owner: policy.identity, terminal: order.terminal)
        environment.set(policy.environment)
        environment.set(order.environment)
        let directory = try PlainPath(
            inSandbox: order.workingDirectory ?? policy.path, for: "directory")
        self.init(
            command: order.command,
            candidates: Self.candidates(for: program, path: environment["PATH"] ?? ""),
            environment: environment.variables, workingDirectory: directory.text,
            identity: identity, capabilities: policy.capabilities,
            seccompProfile: policy.seccompProfile,
            resourceLimits: Self.resourceLimits(
                openFiles: order.limits.openFiles ?? policy.limits.openFiles),
            writable: SystemMounts.writable + [identity.home] + mounts.writable,
            terminal: order.terminal, limits: order.limits)
    }
}
