public import Plan

/// What a command line means besides what it says: the few things outside it that it refers to.
public struct Surroundings {
    /// Absolute and free of symbolic links, as getcwd(2) has it; nil where it is gone.
    public let currentDirectory: String?
    /// A file's bytes, at most `EnvironmentFile.bytesMax` and one more.
    public let contents: (String) throws(InvalidValue) -> [UInt8]

    public init(
        currentDirectory: String?,
        contents: @escaping (String) throws(InvalidValue) -> [UInt8]
    ) {
        self.currentDirectory = currentDirectory
        self.contents = contents
    }
}

/// `bulkhead run`, understood.
public struct RunArguments: Hashable, Sendable {
    public private(set) var request: RunRequest
    public private(set) var json = false
    public private(set) var plan = false

    init(
        _ parsed: ParsedArguments, _ surroundings: Surroundings
    ) throws(ArgumentsError) {
        guard let command = parsed.operands.first else {
            throw .missingOperand("COMMAND", command: "run", example: "bulkhead run -- make test")
        }
        request = RunRequest(command: parsed.operands)
        do throws(InvalidValue) {
            try Self.check(command: command)
            for (name, value) in parsed.options {
                guard let option = RunOption(rawValue: name) else { continue }
                try apply(option, value, surroundings)
            }
        } catch {
            throw .invalid(error)
        }
        try refuseContradictions(parsed)
    }

    /// A command's name has to be one that execve(2) could take.
    static func check(command: String) throws(InvalidValue) {
        if command.isEmpty {
            throw InvalidValue(
                "COMMAND", command, "is empty", hint: "for example: bulkhead run -- make test")
        }
        if command.utf8.count > PlainPath.bytesMax {
            throw InvalidValue("COMMAND", command, "is longer than \(PlainPath.bytesMax) bytes")
        }
    }

    private mutating func apply(
        _ option: RunOption, _ value: String, _ surroundings: Surroundings
    ) throws(InvalidValue) {
        let subject = option.spelling
        let base = surroundings.currentDirectory
        switch option {
        case .memory, .memoryHigh, .swap, .cpu, .cpuWeight, .pids, .io:
            try limit(option, value, base: base)
        case .timeLimit: request.timeLimit = try Self.time(value, subject)
        case .grace: request.grace = try Milliseconds(parsing: value, for: subject)
        case .allowUnlimited: request.allowUnlimited = true
        case .cgroupParent:
            request.cgroupParent = try PlainPath(onHost: value, base: base, for: subject).text
        case .workdir:
            request.workingDirectory = try PlainPath(onHost: value, base: base, for: subject).text
        case .readOnly:
            try add(
                Grant(parsing: value, access: .readOnly, base: base, for: subject), value, subject)
        case .writable:
            try add(
                Grant(parsing: value, access: .writable, base: base, for: subject), value, subject)
        case .tmpfs: try add(Grant(parsingTmpfs: value, for: subject), value, subject)
        case .root: request.root = try PlainPath(onHost: value, base: base, for: subject).text
        case .network: request.network = try Self.network(value, subject)
        case .env: request.environment.append(try EnvironmentVariable(parsing: value, for: subject))
        case .envFile:
            let file = try EnvironmentFile(parsing: try surroundings.contents(value), path: value)
            request.environment += file.variables
        case .name: request.name = try SandboxName(value)
        case .hostname: request.hostname = try Hostname(parsing: value, for: subject).text
        case .user: request.identity = try Identity(parsing: value, for: subject)
        case .cap:
            let name = try CapabilityName(parsing: value, for: subject).text
            if !request.capabilities.contains(name) { request.capabilities.append(name) }
        case .seccomp:
            request.seccompProfile = try ProfileReference(parsing: value, base: base, for: subject)
                .text
        case .tty: request.terminal = true
        case .interactive: request.interactive = true
        case .json: json = true
        case .plan: plan = true
        // With `--project` this is no run of its own; the others are refused without it.
        case .project, .detach, .reason, .socket: break
        }
    }

    private mutating func limit(
        _ option: RunOption, _ value: String, base: String?
    ) throws(InvalidValue) {
        let subject = option.spelling
        let isLifted = value == "max"
        switch option {
        case .memory: request.limits.memoryMax = isLifted ? nil : try Self.memory(value, subject)
        case .memoryHigh:
            request.limits.memoryHigh = isLifted ? nil : try Self.memory(value, subject)
        case .swap:
            request.limits.swapMax = isLifted ? nil : try Bytes(parsing: value, for: subject)
        case .cpu:
            request.limits.cpuMax = isLifted ? nil : try CPUBandwidth(parsing: value, for: subject)
        case .cpuWeight:
            request.limits.cpuWeight = UInt32(
                try wholeNumber(parsing: value, in: Limits.cpuWeights, for: subject))
        case .pids:
            request.limits.pidsMax =
                isLifted
                ? nil : UInt32(try wholeNumber(parsing: value, in: Limits.pids, for: subject))
        default: request.limits.io.append(try IOLimit(parsing: value, base: base, for: subject))
        }
    }

    static func time(_ value: String, _ subject: String) throws(InvalidValue) -> Milliseconds {
        let time = try Milliseconds(parsing: value, for: subject)
        if time.count == 0 {
            throw InvalidValue(
                subject, value, "is no time at all",
                hint: "leave \(subject) out to run without a limit")
        }
        return time
    }

    static func memory(_ value: String, _ subject: String) throws(InvalidValue) -> Bytes {
        let bytes = try Bytes(parsing: value, for: subject)
        if bytes < Limits.memoryLeast {
            let isBare = value.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
            throw InvalidValue(
                subject, value, "is too little for any program, at least \(Limits.memoryLeast)",
                hint: isBare && bytes.count > 0 ? "did you mean \(bytes.count)M?" : nil)
        }
        return bytes
    }

    private static func network(_ value: String, _ subject: String) throws(InvalidValue)
        -> NetworkMode
    {
        if let mode = NetworkMode(rawValue: value) { return mode }
        throw InvalidValue(subject, value, "is no network mode", hint: "choose none or host")
    }

    private mutating func add(_ grant: Grant, _ value: String, _ subject: String)
        throws(InvalidValue)
    {
        if request.grants.contains(where: { $0.at.utf8.elementsEqual(grant.at.utf8) }) {
            throw InvalidValue(
                subject, value, "is the second thing at \(quoted(grant.at))",
                hint: "give it another place with ':AT'")
        }
        request.grants.append(grant)
    }

    private func refuseContradictions(
        _ parsed: ParsedArguments
    ) throws(ArgumentsError) {
        if let high = request.limits.memoryHigh, let max = request.limits.memoryMax, high > max {
            let whose = parsed.has(RunOption.memory.rawValue) ? "" : ", its default"
            throw .contradiction(
                "--memory-high \(high) is above --memory \(max)\(whose)",
                remedy: "memory.high slows a sandbox down before memory.max ends it: keep it below")
        }
        if request.limits.memoryMax == nil, let swap = request.limits.swapMax, swap.count > 0 {
            throw .contradiction(
                "--swap \(swap) limits nothing together with --memory max",
                remedy: "write --swap max too, or give a memory limit")
        }
        for option in [RunOption.detach, .reason, .socket] where parsed.has(option.rawValue) {
            throw .contradiction(
                "\(option.spelling) means nothing without --project",
                remedy: "leave it out, or name a project")
        }
        if json && plan {
            throw .contradiction(
                "--plan runs nothing that --json could make a record of",
                remedy: "leave one of the two out")
        }
        for (index, limit) in request.limits.io.enumerated() {
            let earlier = request.limits.io[..<index]
            if earlier.contains(where: { $0.path.utf8.elementsEqual(limit.path.utf8) }) {
                throw .contradiction(
                    "--io names \(quoted(limit.path)) twice", remedy: "give all its limits at once")
            }
        }
    }
}
