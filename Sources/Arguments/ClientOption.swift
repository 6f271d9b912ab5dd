/// The options of all commands but `run`. Its raw value is the option's name without the hyphens.
enum ClientOption: String {
    case names
    case limit
    case follow, lines, since, run
    case noWait = "no-wait"
    case timeout
    case yes, depth, force
    case withStorage = "with-storage"
    case plan
    case tty, interactive, detach
    case user, env
    case envFile = "env-file"
    case workdir, name
    case timeLimit = "time-limit"
    case signal, whole
    case duration = "for"
    case persist, reason, within
    case interval, once, sort
    case seed, strategy, projects
    case cpuScale = "cpu-scale"
    case memoryScale = "memory-scale"
    case replay, csv, trace
    case project, workload, event, actor, result, cause, via, priority, until, journal
    case publicKey = "public-key"
    case noSignatures = "no-signatures"
    case anchors, chain, state
    case speed, text, input
    case output, merge
    case json, socket

    private var letter: Unicode.Scalar? {
        switch self {
        case .limit, .lines: "n"
        case .follow: "f"
        case .tty: "t"
        case .interactive: "i"
        case .priority: "p"
        default: nil
        }
    }

    private var value: OptionValue? {
        switch self {
        case .limit, .lines, .depth, .run, .seed, .projects: OptionValue("N")
        case .cpuScale, .memoryScale, .speed: OptionValue("FACTOR")
        case .strategy: OptionValue("NAME", .choices(SimulateArguments.strategies))
        case .replay, .csv, .trace: OptionValue("FILE", .file)
        case .project: OptionValue("PROJECT", .project)
        case .workload: OptionValue("WORKLOAD")
        case .event: OptionValue("EVENT", .choices(AuditRequest.eventPatterns))
        case .actor: OptionValue("NAME|UID")
        case .result: OptionValue("RESULT", .choices(AuditRequest.results))
        case .cause: OptionValue("CAUSE", .choices(AuditRequest.causes))
        case .via: OptionValue("VIA", .choices(AuditRequest.ways))
        case .priority: OptionValue("PRIORITY", .choices(AuditRequest.priorities))
        case .journal: OptionValue("PATH", .file)
        case .publicKey, .anchors: OptionValue("FILE", .file)
        case .chain: OptionValue("ID")
        case .state: OptionValue("DIR", .directory)
        case .since, .until, .timeout, .timeLimit, .duration, .within, .interval:
            OptionValue("TIME")
        case .reason: OptionValue("TEXT")
        case .sort: OptionValue("KEY", .choices(TopRequest.keys))
        case .output: OptionValue("DIR", .directory)
        case .user: OptionValue("UID[:GID]")
        case .env: OptionValue("NAME=VALUE")
        case .envFile: OptionValue("FILE", .file)
        case .workdir: OptionValue("DIR")
        case .name: OptionValue("NAME")
        case .signal:
            OptionValue("SIGNAL", .choices(["TERM", "INT", "HUP", "KILL", "USR1", "USR2", "QUIT"]))
        case .socket: OptionValue("PATH", .file)
        case .names, .follow, .noWait, .yes, .force, .withStorage, .plan, .tty, .interactive,
            .detach, .whole,
            .json,
            .persist, .once, .merge, .text, .input, .noSignatures:
            nil
        }
    }

    private func summary(in command: CommandName) -> String {
        switch self {
        case .names:
            command == .projects
                ? "print names only, one a line"
                : "print the names of its services only, as PROJECT/SERVICE"
        case .limit:
            switch command {
            case .config: "history: versions to list [20]"
            case .quota: "history: changes to list [20]"
            case .schedule: "history, samples: how many to list [20]"
            default: "runs to list [20]"
            }
        case .follow:
            command == .stats
                ? "go on, with a sample every interval" : "go on with what is written from now on"
        case .project: "of this project only"
        case .workload: "of this workload of it only"
        case .event: "of this kind only, such as run.ended, or of all of a sort, such as control.*"
        case .actor: "of this user only: who asked for it, or who had logged in"
        case .result: "of what was accepted, refused, or has failed, only"
        case .cause: "of what ended for this cause only: see bulkhead-explain(1)"
        case .via: "asked for in this way only: cli, api, configuration, scheduler, …"
        case .priority: "of this priority and above only, such as err, or 3"
        case .until: "up to this time"
        case .journal:
            "a journal file, a directory of them, or what journalctl -o export wrote [this machine's]"
        case .publicKey: "verify: who signed it [that of this machine]"
        case .noSignatures: "verify: check no signature, the chain alone"
        case .anchors: "verify: with the heads that FILE has, kept elsewhere"
        case .chain: "verify: the chain with this number [each of them]"
        case .state: "verify, play, key: where the supervisor keeps its state [/var/lib/bulkhead]"
        case .speed: "play: so many times as fast [1]"
        case .text: "play: as text, at once, without what controls a terminal"
        case .input: "play: what was typed or sent in place of what was shown"
        case .lines where command == .audit: "records to begin with [100; all with --since]"
        case .lines: "lines to begin with [100; all with --since]"
        case .since: "begin at this time: 10m (ago), 09:30, yesterday, 2026-11-21T09:30"
        case .run:
            command == .kill ? "the run with this number" : "of the run with this number only"
        case .noWait: "return when it is written down, not when it is done"
        case .timeout: "wait no longer than this; it goes on nevertheless [2m]"
        case .yes where command == .discard: "forget everything"
        case .withStorage: "delete what it stored in volumes too, and its snapshots"
        case .output: "learn: put the file there [/etc/bulkhead/profiles]"
        case .merge: "learn: keep what the profile there allows already"
        case .force where command == .profile: "learn: replace the profile that is there"
        case .reason where command == .profile: "why, for the audit trail; allow needs one"
        case .force: "overwrite what was changed below as well"
        case .yes: "register all that was found and is not registered yet"
        case .depth: "look this many directories deep, 0 to 16 [4]"
        case .plan:
            command == .quota || command == .optimize
                ? "print what would be done, and do nothing"
                : "apply, rollback: print what would be done, and do nothing"
        case .tty: "give it a terminal of its own, connected to yours"
        case .interactive: "connect your terminal to its standard input"
        case .detach: "let it run alone: its output goes to the logs"
        case .user: "user and group inside [the project's]"
        case .env: "set a variable, beside the project's"
        case .envFile: "set the variables in FILE, one NAME=VALUE a line"
        case .workdir: "its working directory inside [the project's directory]"
        case .name: "name of the workload [generated]"
        case .timeLimit: "end it after this time, such as 10s or 1h30m [none]"
        case .signal: "the signal, as a name or a number [TERM]"
        case .whole: "to every process of it, not only to the first"
        case .duration where command == .simulate: "how long it lasts [as in the scenario]"
        case .duration: "set, move: restore what was after this time, such as 1h [never]"
        case .persist: "make it part of the configuration"
        case .reason:
            switch command {
            case .config: "apply, rollback: why, for the audit trail"
            case .schedule: "strategy: why, for the audit trail"
            case .snapshot: "create, restore, remove: why, for the audit trail"
            case .discover: "with --yes: why, for the audit trail"
            case .quota: "why, for the history and the audit trail"
            default: "why, for the audit trail"
            }
        case .within: "what making room for a smaller limit may take [10s]"
        case .interval: "time between two samples, from 100ms [2s]"
        case .once: "print one sample, also where there is no terminal"
        case .sort: "what has most of this first: \(TopRequest.keys.spaced) [cpu]"
        case .seed: "another one, another chance [as in the scenario]"
        case .strategy: "who divides: \(SimulateArguments.strategies.spaced) [as in the scenario]"
        case .projects: "as many in all, on a machine that is larger or smaller by as much"
        case .cpuScale: "so many times the processors, such as 0.5 [1]"
        case .memoryScale: "so many times the memory, and the limits of it [1]"
        case .replay: "with the projects and the use that FILE has recorded"
        case .csv: "write the series to FILE; - in place of the text"
        case .trace: "write all that happens to FILE; - in place of the text"
        case .json:
            switch command {
            case .simulate: "print the totals in place of the text: one line of JSON"
            case .exec, .attach, .rescue: "end with a record of the run on standard error, in JSON"
            case .logs, .watch, .stats, .diff: "print an object a line, in JSON"
            case .audit: "print an object a record or recording, in JSON; verify: the verdict"
            case .doctor: "print an array of records in place of the table"
            case .profile: "show: print it whole, in the OCI form; diff: an object in one line"
            default: "print the supervisor's reply in place of text: one line of JSON"
            }
        case .socket: "the supervisor's socket [$BULKHEAD_SOCKET or /run/bulkhead/control.sock]"
        }
    }

    private var isRepeatable: Bool {
        [.env, .envFile, .event, .cause, .journal, .publicKey].contains(self)
    }

    func description(in command: CommandName) -> OptionDescription {
        OptionDescription(
            rawValue, letter: letter, value: value, isRepeatable: isRepeatable, summary(in: command)
        )
    }
}

extension CommandName {
    /// In the order of the help.
    public var options: [OptionDescription] {
        if self == .run { return RunOption.allCases.map(\.description) }
        if self == .quota {
            return LimitOption.all.map(\.description)
                + clientOptions.map { $0.description(in: self) }
        }
        return clientOptions.map { $0.description(in: self) }
    }

    private var clientOptions: [ClientOption] {
        switch self {
        case .run, .shell, .completion, .version, .help: []
        case .doctor: [.json]
        case .profile: [.output, .force, .merge, .reason, .json, .socket]
        case .simulate:
            [
                .seed, .strategy, .duration, .projects, .cpuScale, .memoryScale, .replay, .csv,
                .trace,
                .json,
            ]
        case .audit:
            [
                .project, .workload, .run, .event, .actor, .result, .cause, .via, .priority, .since,
                .until, .lines, .follow, .journal, .publicKey, .noSignatures, .anchors, .chain,
                .state, .speed, .text, .input, .json,
            ]
        case .discover: [.yes, .depth, .reason, .json, .socket]
        case .config: [.plan, .limit, .reason, .json, .socket]
        case .quota: [.duration, .plan, .persist, .reason, .within, .limit, .json, .socket]
        case .stats: [.follow, .interval, .json, .socket]
        case .top: [.once, .sort, .interval, .socket]
        case .explain: [.json, .socket]
        case .schedule: [.limit, .reason, .json, .socket]
        case .optimize: [.plan, .reason, .json, .socket]
        case .why, .advise, .queue: [.json, .socket]
        case .projects, .status: [.names, .json, .socket]
        case .runs: [.limit, .json, .socket]
        case .logs: [.follow, .lines, .since, .run, .json, .socket]
        case .start, .stop, .restart: [.noWait, .timeout, .reason, .json, .socket]
        case .ps, .watch, .storage, .diff: [.json, .socket]
        case .register, .pause, .resume, .maintain, .archive, .attach, .snapshot, .rescue:
            [.reason, .json, .socket]
        case .remove: [.withStorage, .reason, .json, .socket]
        case .exec:
            [
                .tty, .interactive, .detach, .user, .env, .envFile, .workdir, .name, .timeLimit,
                .reason, .json, .socket,
            ]
        case .commit: [.force, .reason, .json, .socket]
        case .discard: [.yes, .reason, .json, .socket]
        case .kill: [.signal, .whole, .run, .reason, .json, .socket]
        }
    }
}
