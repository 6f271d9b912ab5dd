internal import JSONTree
internal import Launch
internal import Plan
internal import Supervision
internal import Syscalls
internal import Varlink
internal import VarlinkWire

/// What somebody wants run in a project's sandbox, checked.
struct ExecuteRequest {
    let project: ProjectName
    /// The declared task whose command comes first.
    let task: TaskPolicy?
    let order: CommandOrder
    let kind: RunRow.Kind
    let workload: WorkloadName?
    /// Limits that are the run's and not its task's.
    private(set) var ownLimits: [LimitName: LimitValue] = [:]
    let timeLimit: Milliseconds?
    let terminal: (rows: UInt16, columns: UInt16)?
    let isLogged: Bool
    let isDetached: Bool
    let token: String

    private static let tokenBytesMax = 128

    init(_ parameters: JSON, _ supervisor: Supervisor) throws {
        let project = try ProjectName(parameters["project"]?.string ?? "")
        guard let policy = supervisor.effectivePolicy(of: project) else {
            throw Failure.projectNotFound(project, supervisor)
        }
        self.project = project
        switch parameters["kind"]?.string ?? "exec" {
        case "exec": kind = .exec
        case "task": kind = .task
        case let other: throw InvalidValue("kind", other, "is neither exec nor task")
        }
        if let name = parameters["task"]?.string {
            guard let found = policy.tasks.first(where: { $0.name.text == name }) else {
                let near = nearest(to: name, in: policy.tasks.map(\.name.text))
                throw InvalidValue(
                    "task", name, "is no task of \(project)",
                    hint: near.map { "did you mean \($0)?" }
                        ?? "give a command: bulkhead run -p \(project) -- COMMAND")
            }
            task = found
        } else {
            task = nil
        }
        let command = (task?.command ?? []) + (parameters["command"]?.strings ?? [])
        if command.isEmpty || command[0].isEmpty {
            throw InvalidValue("command", "", "is empty", hint: "name a program to run")
        }
        if let each = command.first(where: { $0.utf8.contains(0) }) {
            throw InvalidValue("command", each, "contains a NUL byte")
        }
        workload = try parameters["workload"]?.string.map { text throws(InvalidValue) in
            try WorkloadName(text)
        }
        let user = try Self.number(parameters, "user", 0...65_535)
        let group = try Self.number(parameters, "group", 0...65_535)
        let standard = task?.identity ?? policy.identity
        let identity =
            user == nil && group == nil
            ? task?.identity
            : Identity(
                user: UInt32(user ?? Int64(standard.user)),
                group: UInt32(group ?? user ?? Int64(standard.group)))
        var environment = task?.environment ?? []
        for member in parameters["environment"]?.members ?? [] {
            environment.append(
                try EnvironmentVariable(
                    parsing: "\(member.name)=\(member.value.string ?? "")", for: "environment"))
        }
        let directory =
            try parameters["directory"]?.string.map { text throws(InvalidValue) in
                try PlainPath(inSandbox: text, for: "directory").text
            } ?? task?.workingDirectory
        var limits = task?.limits ?? Limits()
        if let memory = try Self.number(
            parameters, "memory_bytes", Int64(Limits.memoryLeast.count)...Int64.max)
        {
            ownLimits[.memory] = .bytes(Bytes(UInt64(memory)))
        }
        if let pids = try Self.number(parameters, "pids", 1...Int64(Limits.pids.upperBound)) {
            ownLimits[.pids] = .count(UInt64(pids))
        }
        if let cpu = try Self.number(parameters, "cpu_millicores", 10...1_000_000) {
            ownLimits[.cpu] = .processorTime(CPUBandwidth(millicores: UInt32(cpu)))
        }
        for (name, value) in ownLimits { limits[name] = value }
        timeLimit =
            try Self.number(parameters, "timeout_ms", 1...Int64.max / 2_000).map {
                Milliseconds(UInt64($0))
            } ?? task?.timeLimit
        if parameters["terminal"]?.bool ?? false {
            terminal = (
                rows: UInt16(try Self.number(parameters, "rows", 1...10_000) ?? 24),
                columns: UInt16(try Self.number(parameters, "columns", 1...10_000) ?? 80)
            )
        } else {
            terminal = nil
        }
        var order = CommandOrder(command)
        order.identity = identity
        order.environment = environment
        order.workingDirectory = directory
        order.limits = limits
        order.terminal = terminal != nil
        self.order = order
        isLogged = parameters["logged"]?.bool ?? false
        isDetached = parameters["detached"]?.bool ?? false
        token = parameters["token"]?.string ?? ""
        if token.utf8.count > Self.tokenBytesMax {
            throw InvalidValue("token", token, "is longer than \(Self.tokenBytesMax) bytes")
        }
    }

    private static func number(
        _ parameters: JSON, _ name: String, _ range: ClosedRange<Int64>
    ) throws(InvalidValue) -> Int64? {
        guard let value = parameters[name]?.integer else { return nil }
        guard range.contains(value) else {
            throw InvalidValue(
                name, String(value), "is not in \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// What becomes its standard streams.
    ///
    /// The caller is trusted to run commands, not to widen the sandbox: a directory or a device of the
    /// host would be a way out for whatever runs inside, and a terminal a way into the caller's.
    func streams(_ descriptors: [PassedDescriptor]) throws -> RunStreams {
        if let terminal { return .terminal(rows: terminal.rows, columns: terminal.columns) }
        if isLogged { return .logged }
        guard descriptors.count == 3 else {
            throw InvalidValue(
                "descriptors", String(descriptors.count), "must be three: input, output and error",
                hint: "send them along, or ask for a terminal or for logged output")
        }
        let numbers = descriptors.compactMap(\.number)
        return .passed(input: numbers[0], output: numbers[1], error: numbers[2])
    }
}
