internal import Plan

/// What services and tasks have in common.
struct WorkloadDraft {
    let name: WorkloadName
    /// Where it is written.
    let position: Position
    var command: [String]?
    var identity: Identity?
    var group: UInt32?
    var environment: [EnvironmentVariable] = []
    var workingDirectory: String?
    var limits = LimitsDraft(limits: Limits())

    init(_ name: WorkloadName, _ node: Node) {
        self.name = name
        position = node.position
    }

    /// Nil: the project's.
    func identity(in project: Identity) -> Identity? {
        guard let group else { return identity }
        return Identity(user: (identity ?? project).user, group: group)
    }
}

struct ServiceDraft {
    var workload: WorkloadDraft
    /// All but what the workload has.
    var policy: ServicePolicy
    var after: [Located<WorkloadName>] = []

    init(_ name: WorkloadName, _ node: Node) {
        workload = WorkloadDraft(name, node)
        policy = ServicePolicy(name: name, command: [])
    }
}

struct TaskDraft {
    var workload: WorkloadDraft
    var timeLimit: Milliseconds?

    init(_ name: WorkloadName, _ node: Node) { workload = WorkloadDraft(name, node) }
}

enum WorkloadTable {
    static let service = Table<ServiceDraft>(
        "service", shorthand: "command",
        keys(at: \.workload) + [
            .list(
                "after", of: .workload,
                About(
                    "Services of the same project that must be ready first.", example: "[db]"),
                to: \.after),
            .scalar(
                "stop_signal", .signal,
                About(
                    "Asks its first process to end.", standard: "SIGTERM", example: "SIGINT"),
                to: \.policy.stopSignal),
            .scalar(
                "grace", .time(Milliseconds(0)...Milliseconds(3_600_000)),
                About(
                    "Between that and the kill of the whole tree.", standard: "10s",
                    example: "30s"), to: \.policy.grace),
            .mapping(
                "restart", RestartTable.restart,
                About("When it is started again.", standard: "the project's", example: "always"),
                to: \.policy.restart),
            .mapping(
                "breaker", RestartTable.breaker,
                About(
                    "When it is no longer started again.", standard: "the project's",
                    example: "{failures: 3, window: 1m}"), to: \.policy.breaker),
            .mapping(
                "health", HealthTable.health,
                About(
                    "How its health is told.", standard: "the project's",
                    example: "{liveness: {http: 8080}}"), to: \.policy.health),
            .scalar(
                "terminal", .flag,
                About(
                    "Whether it has a terminal, to which `bulkhead attach` connects.",
                    standard: "false", example: "true"), to: \.policy.terminal),
        ])

    static let task = Table<TaskDraft>(
        "task", shorthand: "command",
        keys(at: \.workload) + [
            .scalar(
                "time_limit", .time(Milliseconds(1)...Milliseconds.most),
                About("After it, the task is killed.", example: "1h"), to: \.timeLimit)
        ])

    private static func keys<Draft>(
        at place: Place<Draft, WorkloadDraft>
    ) -> [Key<Draft>] {
        common.map { $0.lifted(to: place) }
    }

    private static let common: [Key<WorkloadDraft>] = [
        .command(
            "command",
            About(
                "A text for `/bin/sh -c`, or a list: a program and its arguments.",
                standard: "required", example: "[python3, -m, http.server, \"8080\"]"),
            to: \.command),
        .scalar(
            "user", .identity,
            About(
                "Who it is inside the sandbox; without a GID, the group has the user's number.",
                standard: "the project's", example: "1001"), to: \.identity),
        .scalar(
            "group", .whole(0...UInt64(Identity.idMax)),
            About("Its group.", standard: "the project's", example: "1001"), to: \.group),
        .environment(
            About(
                "Variables beside the project's; these win.", example: "{PORT: \"8080\"}"),
            to: \.environment),
        .scalar(
            "working_directory", .sandboxPath,
            About(
                "Inside the sandbox.", standard: "the project's directory", example: "/srv/shop"),
            to: \.workingDirectory),
        .mapping(
            "limits", LimitTable.workload,
            About(
                "Its own, below the project's.", standard: "the project's",
                example: "{memory: 256M}"), to: \.limits),
    ]
}

extension Key {
    /// The same key of something that contains what this one is a key of.
    func lifted<Whole>(
        to place: Place<Whole, Target>
    ) -> Key<Whole> {
        let read = self.read
        return Key<Whole>(
            description: description, takesNothing: takesNothing,
            read: { node, whole, reading in read(node, &whole[keyPath: place], &reading) },
            inherit: inherit)
    }
}
