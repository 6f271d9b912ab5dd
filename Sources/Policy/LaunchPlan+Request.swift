public import Plan

extension LaunchPlan {
    /// Decides the whole launch from what was asked and what the host looks like. Throws where they
    /// contradict each other; touches nothing.
    ///
    /// - Parameter generatedName: what the sandbox is called where the request has no name.
    public init(
        _ request: RunRequest, on host: HostLayout, generatedName: SandboxName
    ) throws(InvalidValue) {
        let name = request.name ?? generatedName
        let program = try Self.program(of: request.command, hint: "bulkhead run -- COMMAND [ARG…]")
        try Self.refuseFileCapabilities(request)
        let scratch = Scratch(memory: request.limits.memoryMax)
        var grants = try GrantedMounts(
            request.grants, base: host.currentDirectory, scratch: scratch, in: .commandLine)
        let workingDirectory = try grants.addWorkingDirectory(request.workingDirectory, on: host)
        grants.sort()
        let hostname = request.hostname ?? name.text
        var environment = EnvironmentList(
            for: request.identity, owner: request.identity, terminal: request.terminal)
        environment.set(request.environment)

        self.init(
            name: name,
            sandbox: SandboxPlan(
                hostname: hostname, identity: request.identity, capabilities: request.capabilities,
                network: request.network, limits: request.limits,
                allowUnlimited: request.allowUnlimited, cgroupParent: request.cgroupParent,
                root: .standard(
                    identity: request.identity, host: host, scratch: scratch, hostname: hostname),
                mounts: SystemMounts.list(
                    root: request.root, network: request.network, host: host) + grants.mounts),
            workload: WorkloadPlan(
                command: request.command,
                candidates: WorkloadPlan.candidates(for: program, path: environment["PATH"] ?? ""),
                environment: environment.variables, workingDirectory: workingDirectory,
                identity: request.identity, capabilities: request.capabilities,
                seccompProfile: request.seccompProfile,
                resourceLimits: WorkloadPlan.standardResourceLimits,
                writable: SystemMounts.writable + [request.identity.home] + grants.writable,
                terminal: request.terminal),
            interactive: request.interactive, timeLimit: request.timeLimit, grace: request.grace)
    }

    /// - Parameter hint: what a command looks like where this one came from.
    static func program(of command: [String], hint: String) throws(InvalidValue) -> String {
        guard let program = command.first else {
            throw InvalidValue("command", "", "is missing", hint: "name one: \(hint)")
        }
        if program.isEmpty {
            throw InvalidValue("command", "", "is empty", hint: "name a program to run")
        }
        return program
    }

    /// What user 0 of a sandbox writes into a granted directory belongs to that directory's owner on
    /// the host, and so does a file capability that it sets: were the owner root, the file would give
    /// it to any user of the host who runs it.
    private static func refuseFileCapabilities(_ request: RunRequest) throws(InvalidValue) {
        if request.identity.user == 0 && request.capabilities.contains("CAP_SETFCAP") {
            throw InvalidValue(
                "--cap", "CAP_SETFCAP", "with --user 0 could set file capabilities for the host",
                hint: "leave one of them out")
        }
    }
}
