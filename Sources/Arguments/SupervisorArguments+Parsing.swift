import Plan

extension SupervisorArguments {
    /// What these arguments of a command that asks the supervisor say.
    init(_ parsed: ParsedArguments, _ surroundings: Surroundings) throws(ArgumentsError) {
        self.init(
            parsed.command, try SupervisorRequest(parsed, surroundings),
            reason: try Self.reason(parsed),
            json: parsed.has(ClientOption.json),
            socket: try Self.socket(parsed, surroundings))
    }

    /// `bulkhead run --project`.
    init(
        run parsed: ParsedArguments, in project: String, _ surroundings: Surroundings
    ) throws(ArgumentsError) {
        self.init(
            .run, .execute(try ExecuteRequest(run: parsed, in: project, surroundings)),
            reason: try Self.reason(parsed), json: parsed.has(ClientOption.json),
            socket: try Self.socket(parsed, surroundings))
    }

    private static func reason(_ parsed: ParsedArguments) throws(ArgumentsError) -> StatedReason? {
        guard let text = parsed.value(.reason) else { return nil }
        return try checking { () throws(InvalidValue) in try StatedReason(text, for: "--reason") }
    }

    private static func socket(
        _ parsed: ParsedArguments, _ surroundings: Surroundings
    ) throws(ArgumentsError) -> String? {
        guard let path = parsed.value(.socket) else { return nil }
        do throws(InvalidValue) {
            return try PlainPath(
                onHost: path, base: surroundings.currentDirectory, for: "--socket"
            ).text
        } catch { throw .invalid(error) }
    }
}

extension SupervisorRequest {
    fileprivate init(
        _ parsed: ParsedArguments, _ surroundings: Surroundings
    ) throws(ArgumentsError) {
        switch parsed.command {
        case .projects:
            try parsed.refuseOperands(after: 0)
            self = .projects(namesOnly: parsed.has(.names))
        case .status:
            self = .status(
                try parsed.targetOrNone(), namesOnly: parsed.has(.names))
        case .ps: self = .processes(try parsed.projectOrNone())
        case .watch: self = .watch(try parsed.projectOrNone())
        case .runs:
            self = .runs(try parsed.projectOrNone(), limit: try parsed.limit())
        case .logs: self = .logs(try LogsRequest(parsed))
        case .start: self = try .change(.start, parsed.target(), timeout: parsed.patience())
        case .stop: self = try .change(.stop, parsed.target(), timeout: parsed.patience())
        case .restart:
            self = try .change(.restart, parsed.target(), timeout: parsed.patience())
        case .pause: self = .move(.pause, try parsed.project())
        case .resume: self = .move(.resume, try parsed.project())
        case .maintain: self = .move(.maintain, try parsed.project())
        case .archive: self = .move(.archive, try parsed.project())
        case .remove:
            self = .remove(try parsed.project(), withStorage: parsed.has(.withStorage))
        case .register: self = try Self.register(parsed, surroundings)
        case .discover: self = try Self.discover(parsed, surroundings)
        case .config:
            self = .configuration(try ConfigurationAction(parsed, surroundings))
        case .exec: self = .execute(try ExecuteRequest(exec: parsed, surroundings))
        case .attach: self = .attach(try parsed.target())
        case .kill: self = try Self.kill(parsed)
        case .quota: self = .quota(try QuotaAction(parsed, surroundings))
        case .explain: self = try Self.explain(parsed)
        case .schedule: self = .schedule(try ScheduleAction(parsed))
        case .optimize:
            try parsed.refuseOperands(after: 0)
            self = .schedule(.optimize(planOnly: parsed.has(.plan)))
        case .why: self = .schedule(.why(try parsed.project()))
        case .advise: self = .schedule(.advise(try parsed.projectOrNone()))
        case .queue:
            try parsed.refuseOperands(after: 0)
            self = .schedule(.queue)
        case .stats:
            if parsed.has(.interval) && !parsed.has(.follow) {
                throw .contradiction(
                    "--interval means nothing for one sample", remedy: "add --follow")
            }
            let interval = try parsed.interval()
            self = .stats(
                try parsed.projectOrNone(), interval: parsed.has(.follow) ? interval : nil)
        case .top: self = .top(try TopRequest(parsed))
        case .storage, .diff, .commit, .discard, .snapshot, .rescue:
            self = .storage(try StorageRequest(parsed))
        case .run, .doctor, .profile, .audit, .simulate, .shell, .completion, .version, .help:
            preconditionFailure("asks no supervisor")
        }
    }

    private static func register(
        _ parsed: ParsedArguments, _ surroundings: Surroundings
    ) throws(ArgumentsError) -> SupervisorRequest {
        let name = try parsed.operand(0, "NAME")
        let path = try parsed.operand(1, "PATH")
        try parsed.refuseOperands(after: 2)
        return try checking { () throws(InvalidValue) in
            .register(
                try ProjectName(name),
                path: try PlainPath(
                    onHost: path, base: surroundings.currentDirectory, for: "PATH"
                ).text)
        }
    }

    /// Deeper than anybody keeps projects.
    private static let depthMax: UInt64 = 16

    private static func discover(
        _ parsed: ParsedArguments, _ surroundings: Surroundings
    ) throws(ArgumentsError) -> SupervisorRequest {
        if parsed.has(.reason) && !parsed.has(.yes) {
            throw .contradiction(
                "--reason means nothing where nothing is registered", remedy: "add --yes")
        }
        return try checking { () throws(InvalidValue) in
            var paths: [String] = []
            for operand in parsed.operands.isEmpty ? ["."] : parsed.operands {
                paths.append(
                    try PlainPath(
                        onHost: operand, base: surroundings.currentDirectory, for: "PATH"
                    ).text)
            }
            let depth = try parsed.value(.depth).map { text throws(InvalidValue) in
                UInt32(try wholeNumber(parsing: text, in: 0...depthMax, for: "--depth"))
            }
            return .discover(paths: paths, depth: depth ?? 4, registers: parsed.has(.yes))
        }
    }

    /// A word of digits is the number of a run.
    private static func explain(
        _ parsed: ParsedArguments
    ) throws(ArgumentsError) -> SupervisorRequest {
        let text = try parsed.operand(0, "PROJECT or RUN")
        if !text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return .explain(try parsed.target())
        }
        try parsed.refuseOperands(after: 1)
        return try checking { () throws(InvalidValue) in
            .explainRun(
                RunID(
                    rawValue: try wholeNumber(
                        parsing: text, in: 1...UInt64(Int64.max), for: "RUN")))
        }
    }

    private static func kill(_ parsed: ParsedArguments) throws(ArgumentsError) -> SupervisorRequest
    {
        let target = try parsed.target()
        return try checking { () throws(InvalidValue) in
            let signal = try parsed.value(.signal).map { text throws(InvalidValue) in
                try SignalNumber(parsing: text, for: "--signal")
            }
            return .kill(
                target, run: try parsed.run(), signal: signal ?? .terminate,
                whole: parsed.has(.whole))
        }
    }
}

extension TopRequest {
    fileprivate init(_ parsed: ParsedArguments) throws(ArgumentsError) {
        var key = Key.cpu
        if let text = parsed.value(.sort) {
            guard let known = Key(rawValue: text) else {
                throw .invalid(
                    InvalidValue(
                        "--sort", text, "is no key", hint: "choose one of: \(Self.keys.spaced)"))
            }
            key = known
        }
        self.init(
            project: try parsed.projectOrNone(), key: key, interval: try parsed.interval(),
            once: parsed.has(.once))
    }
}

extension ScheduleAction {
    fileprivate init(_ parsed: ParsedArguments) throws(ArgumentsError) {
        let name = try parsed.choice(Name.self, 0, "ACTION")
        if parsed.has(.limit) && (name == .show || name == .strategy) {
            throw .unexpectedOperand("--limit", command: "schedule \(name)")
        }
        if parsed.has(.reason) && name != .strategy {
            throw .unexpectedOperand("--reason", command: "schedule \(name)")
        }
        switch name {
        case .show:
            try parsed.refuseOperands(after: 1)
            self = .show
        case .strategy:
            guard let text = parsed.operandOrNone(1) else {
                throw .missingOperand(
                    "NAME", command: "schedule strategy",
                    example: "bulkhead schedule strategy priority_based")
            }
            try parsed.refuseOperands(after: 2)
            self = .strategy(text)
        case .history:
            try parsed.refuseOperands(after: 2)
            self = .history(
                try checking { () throws(InvalidValue) in
                    try parsed.operandOrNone(1).map { text throws(InvalidValue) in
                        try ProjectName(text)
                    }
                }, limit: try parsed.limit())
        case .samples:
            try parsed.refuseOperands(after: 1)
            self = .samples(limit: try parsed.limit())
        }
    }
}

extension LogsRequest {
    fileprivate init(_ parsed: ParsedArguments) throws(ArgumentsError) {
        let target = try parsed.targetOrNone()
        self = try checking { () throws(InvalidValue) in
            let lines = try parsed.value(.lines).map { text throws(InvalidValue) in
                UInt32(try wholeNumber(parsing: text, in: 0...1_000_000, for: "--lines"))
            }
            let since = try parsed.value(.since).map { text throws(InvalidValue) in
                try LogTime(parsing: text, for: "--since")
            }
            return LogsRequest(
                target: target, run: try parsed.run(),
                lines: lines ?? (since == nil ? 100 : nil), since: since,
                follow: parsed.has(.follow))
        }
    }
}

extension ConfigurationAction {
    fileprivate init(
        _ parsed: ParsedArguments, _ surroundings: Surroundings
    ) throws(ArgumentsError) {
        let name = try parsed.choice(Name.self, 0, "ACTION")
        if parsed.has(.plan) && name != .apply && name != .rollback {
            throw .unexpectedOperand("--plan", command: "config \(name)")
        }
        if parsed.has(.reason) && name != .apply && name != .rollback {
            throw .unexpectedOperand("--reason", command: "config \(name)")
        }
        if parsed.has(.limit) && name != .history {
            throw .unexpectedOperand("--limit", command: "config \(name)")
        }
        switch name {
        case .check:
            try parsed.refuseOperands(after: 2)
            self = try checking { () throws(InvalidValue) in
                let directory = try parsed.operands.dropFirst().first.map {
                    text throws(InvalidValue) in
                    try PlainPath(
                        onHost: text, base: surroundings.currentDirectory, for: "DIR"
                    ).text
                }
                return .check(directory: directory)
            }
            return
        case .rollback:
            guard parsed.operands.count > 1 else {
                throw .missingOperand(
                    "VERSION", command: "config rollback", example: "bulkhead config rollback 3")
            }
            try parsed.refuseOperands(after: 2)
            self = try checking { () throws(InvalidValue) in
                .rollback(
                    version: try wholeNumber(
                        parsing: parsed.operands[1], in: 1...UInt64(Int64.max), for: "VERSION"),
                    planOnly: parsed.has(.plan))
            }
            return
        case .diff: self = .diff
        case .apply: self = .apply(planOnly: parsed.has(.plan))
        case .history: self = .history(limit: try parsed.limit())
        }
        try parsed.refuseOperands(after: 1)
    }
}

// MARK: What several commands take

extension ParsedArguments {
    fileprivate func target() throws(ArgumentsError) -> Target {
        let text = try operand(0, "PROJECT")
        try refuseOperands(after: 1)
        return try checking { () throws(InvalidValue) in try Target(parsing: text) }
    }

    fileprivate func targetOrNone() throws(ArgumentsError) -> Target? {
        operands.isEmpty ? nil : try target()
    }

    fileprivate func project() throws(ArgumentsError) -> ProjectName {
        let text = try operand(0, "PROJECT")
        try refuseOperands(after: 1)
        return try checking { () throws(InvalidValue) in try ProjectName(text) }
    }

    func projectOrNone() throws(ArgumentsError) -> ProjectName? {
        operands.isEmpty ? nil : try project()
    }

    fileprivate func run() throws(InvalidValue) -> RunID? {
        guard let text = value(.run) else { return nil }
        return RunID(
            rawValue: try wholeNumber(parsing: text, in: 1...UInt64(Int64.max), for: "--run"))
    }

    func limit() throws(ArgumentsError) -> UInt32 {
        guard let text = value(.limit) else { return 20 }
        return try checking { () throws(InvalidValue) in
            UInt32(try wholeNumber(parsing: text, in: 1...10_000, for: "--limit"))
        }
    }

    /// Between two samples.
    fileprivate func interval() throws(ArgumentsError) -> Milliseconds {
        guard let text = value(.interval) else { return Milliseconds(2_000) }
        return try checking { () throws(InvalidValue) in
            let time = try Milliseconds(parsing: text, for: "--interval")
            if (100...3_600_000).contains(time.count) { return time }
            throw InvalidValue(
                "--interval", text, "is not between 100ms and 1h", hint: "for example: 2s")
        }
    }

    /// How long to wait; nil: not at all.
    fileprivate func patience() throws(ArgumentsError) -> Milliseconds? {
        if !has(.noWait) {
            guard let text = value(.timeout) else { return Milliseconds(120_000) }
            return try checking { () throws(InvalidValue) in
                try RunArguments.time(text, "--timeout")
            }
        }
        if has(.timeout) {
            throw .contradiction(
                "--timeout limits no wait together with --no-wait",
                remedy: "leave one of the two out")
        }
        return nil
    }
}

func checking<Value>(
    _ body: () throws(InvalidValue) -> Value
) throws(ArgumentsError) -> Value {
    do throws(InvalidValue) { return try body() } catch { throw .invalid(error) }
}
