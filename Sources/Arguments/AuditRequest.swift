internal import Audit
internal import Plan

/// What `bulkhead audit` is asked for.
public struct AuditRequest: Hashable, Sendable {
    public enum Verb: String, CaseIterable, Hashable, Sendable {
        case list, report, verify, recordings, play, key
    }

    /// The verb `list` is what is done without one.
    static let verbs = Verb.allCases.filter { $0 != .list }.map(\.rawValue)

    public let verb: Verb
    /// What is to be played; empty with other verbs.
    public let file: String
    private let given: [(name: String, value: String)]
    /// Of `--since` and `--until`.
    private let times: [String: LogTime]

    /// The command line for bulkhead-audit, which does it: the verb, then options with two hyphens, each
    /// value in a word of its own, and moments as microseconds since the epoch.
    ///
    /// Throws where `--until` is before `--since`.
    ///
    /// - Parameter microseconds: of a moment that was given.
    public func arguments(_ microseconds: (LogTime) -> Int64) throws(ArgumentsError) -> [String] {
        let moments = times.mapValues { max(microseconds($0), 0) }
        if let since = moments[ClientOption.since.rawValue],
            let until = moments[ClientOption.until.rawValue], until < since
        {
            throw .contradiction(
                "--until is before --since, and nothing is between",
                remedy: "give the earlier one to --since: --since 5d --until 1d")
        }
        var words = [verb.rawValue]
        for (name, value) in given {
            words.append("--\(name)")
            if let moment = moments[name] {
                words.append(String(moment))
            } else if name == ClientOption.priority.rawValue {
                words.append(String(Self.priorities.firstIndex(of: value).map { $0 % 8 } ?? 0))
            } else if !value.isEmpty {
                words.append(value)
            }
        }
        return file.isEmpty ? words : words + ["--file", file]
    }

    public static func == (one: AuditRequest, other: AuditRequest) -> Bool {
        one.verb == other.verb && one.file == other.file && one.times == other.times
            && one.given.elementsEqual(other.given) { $0 == $1 }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(verb)
        hasher.combine(file)
        hasher.combine(times)
    }

    /// What `--priority` may be: the names of syslog(3), and their numbers.
    static let priorities =
        ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]
        + (0...7).map { String($0) }
    static let results = ["accepted", "refused", "failed"]
    /// Why runs end, and why sessions do.
    static let causes =
        RunCause.allCases.map(\.rawValue) + ["ended", "left", "refused", "unrecorded"]
    static let ways = AuditOrigin.Via.allCases.map(\.rawValue)

    /// What `--event` may be: every kind, and every sort of them.
    public static let eventPatterns: [String] = {
        let kinds = AuditKind.allCases.map(\.rawValue)
        var sorts: [String] = []
        for kind in kinds {
            let sort = kind.prefix { $0 != "." } + ".*"
            if !sorts.contains(String(sort)) { sorts.append(String(sort)) }
        }
        return kinds + sorts
    }()
}

extension AuditRequest {
    init(_ parsed: ParsedArguments) throws(ArgumentsError) {
        var verb = Verb.list
        if !parsed.operands.isEmpty { verb = try parsed.choice(Verb.self, 0, "ACTION") }
        if verb == .play {
            guard let name = parsed.operandOrNone(1) else {
                throw .missingOperand(
                    "FILE", command: "audit play", example: "bulkhead audit play shop-7-1.cast")
            }
            file = name
            if file.isEmpty { throw .invalid(InvalidValue("FILE", file, "is empty")) }
        } else {
            file = ""
        }
        try parsed.refuseOperands(after: verb == .play ? 2 : 1)
        for (name, _) in parsed.options where !Self.options(of: verb).contains(name) {
            let whole = verb == .list ? "audit" : "audit \(verb)"
            throw .contradiction(
                "\(whole) has no option --\(name)", remedy: "see: bulkhead audit --help")
        }
        if verb == .report && !parsed.has(.since) {
            throw .contradiction(
                "a report needs a beginning", remedy: "add --since, such as --since 7d")
        }
        if parsed.has(.follow) && (parsed.has(.until) || parsed.has(.journal)) {
            throw .contradiction(
                "--follow goes on with what comes on this machine",
                remedy: "leave --until and --journal out")
        }
        if parsed.has(.noSignatures) && parsed.has(.publicKey) {
            throw .contradiction(
                "--no-signatures needs no key", remedy: "leave --public-key or it out")
        }
        if parsed.has(.workload) && !parsed.has(.project) {
            throw .contradiction(
                "--workload names one of a project", remedy: "add --project PROJECT")
        }
        var times: [String: LogTime] = [:]
        try checking { () throws(InvalidValue) in
            for (name, value) in parsed.options {
                try Self.check(name, value)
                if name == ClientOption.since.rawValue || name == ClientOption.until.rawValue {
                    times[name] = try LogTime(parsing: value, for: "--\(name)")
                }
            }
        }
        self.verb = verb
        self.times = times
        given = parsed.options
    }

    private static func options(of verb: Verb) -> [String] {
        let options: [ClientOption] =
            switch verb {
            case .list:
                [
                    .project, .workload, .run, .event, .actor, .result, .cause, .via, .priority,
                    .since, .until, .lines, .follow, .journal, .json,
                ]
            case .report: [.since, .until, .project, .journal]
            case .verify:
                [.since, .journal, .publicKey, .noSignatures, .anchors, .chain, .state, .json]
            case .recordings: [.project, .workload, .run, .actor, .since, .until, .journal, .json]
            case .play: [.speed, .text, .input, .state]
            case .key: [.state]
            }
        return options.map(\.rawValue)
    }

    /// More records than anybody reads.
    private static let linesMax: UInt64 = 100_000

    private static func check(_ name: String, _ value: String) throws(InvalidValue) {
        switch ClientOption(rawValue: name) {
        case .project: _ = try ProjectName(value)
        case .workload: _ = try WorkloadName(value)
        case .run: _ = try wholeNumber(parsing: value, in: 1...UInt64(Int64.max), for: "--run")
        case .lines: _ = try wholeNumber(parsing: value, in: 0...linesMax, for: "--lines")
        case .speed:
            guard let speed = Double(value), speed >= 0.01, speed <= 1_000 else {
                throw InvalidValue("--speed", value, "is not in 0.01 to 1000")
            }
        case .event where !eventPatterns.contains(value):
            throw InvalidValue(
                "--event", value, "is no kind of record",
                hint: nearest(to: value, in: eventPatterns).map { "did you mean '\($0)'?" }
                    ?? "the kinds are in bulkhead-audit(1); all of a sort: control.*")
        case .priority: try refuse(value, "--priority", "priority", unlessIn: priorities)
        case .result: try refuse(value, "--result", "result", unlessIn: results)
        case .cause where !causes.contains(value):
            throw InvalidValue(
                "--cause", value, "is no cause",
                hint: nearest(to: value, in: causes).map { "did you mean '\($0)'?" }
                    ?? "choose one of: \(causes.spaced)")
        case .via: try refuse(value, "--via", "way to ask", unlessIn: ways)
        case .chain where value.utf8.count != 32 || decodedHex(value.utf8) == nil:
            throw InvalidValue(
                "--chain", value, "is no chain", hint: "write the 32 digits of BULKHEAD_CHAIN")
        case .actor, .journal, .publicKey, .anchors, .state:
            if value.isEmpty { throw InvalidValue("--\(name)", value, "is empty") }
        default: break
        }
    }

    private static func refuse(
        _ value: String, _ option: String, _ noun: String, unlessIn choices: [String]
    ) throws(InvalidValue) {
        if choices.contains(value) { return }
        throw InvalidValue(
            option, value, "is no \(noun)", hint: "choose one of: \(choices.spaced)")
    }
}
