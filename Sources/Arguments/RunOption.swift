/// The options of `bulkhead run`. Its raw value is the option's name without the two hyphens.
enum RunOption: String, CaseIterable {
    case project
    case detach
    case reason
    case socket

    case memory
    case memoryHigh = "memory-high"
    case swap
    case cpu
    case cpuWeight = "cpu-weight"
    case pids
    case io
    case timeLimit = "time-limit"
    case grace
    case allowUnlimited = "allow-unlimited"
    case cgroupParent = "cgroup-parent"

    case workdir
    case readOnly = "ro"
    case writable = "rw"
    case tmpfs
    case root
    case network

    case env
    case envFile = "env-file"
    case name
    case hostname
    case user
    case cap
    case seccomp

    case tty
    case interactive
    case json
    case plan

    var description: OptionDescription {
        OptionDescription(
            rawValue, letter: letter, value: value, isRepeatable: isRepeatable, summary,
            group: group)
    }

    /// With its hyphens, as it is written.
    var spelling: String { "--\(rawValue)" }

    private var letter: Unicode.Scalar? {
        switch self {
        case .project: "p"
        case .tty: "t"
        case .interactive: "i"
        default: nil
        }
    }

    private var value: OptionValue? {
        switch self {
        case .project: OptionValue("PROJECT", .project)
        case .socket: OptionValue("PATH", .file)
        case .memory, .memoryHigh, .swap: OptionValue("SIZE")
        case .cpu: OptionValue("N")
        case .cpuWeight: OptionValue("WEIGHT")
        case .pids: OptionValue("N")
        case .io: OptionValue("PATH:LIMITS", .file)
        case .timeLimit, .grace: OptionValue("TIME")
        case .cgroupParent, .workdir, .root: OptionValue("DIR", .directory)
        case .readOnly, .writable: OptionValue("PATH[:AT]", .file)
        case .tmpfs: OptionValue("AT[:SIZE]")
        case .reason: OptionValue("TEXT")
        case .network: OptionValue("MODE", .choices(["none", "host"]))
        case .env: OptionValue("NAME=VALUE")
        case .envFile: OptionValue("FILE", .file)
        case .name, .hostname: OptionValue("NAME")
        case .user: OptionValue("UID[:GID]")
        case .cap: OptionValue("CAP")
        case .seccomp: OptionValue("NAME|FILE", .profile)
        case .detach, .allowUnlimited, .tty, .interactive, .json, .plan: nil
        }
    }

    private var isRepeatable: Bool {
        switch self {
        case .io, .readOnly, .writable, .tmpfs, .env, .envFile, .cap: true
        default: false
        }
    }

    private var group: String {
        switch self {
        case .project, .detach, .reason, .socket: "Whose sandbox it runs in"
        case .memory, .memoryHigh, .swap, .cpu, .cpuWeight, .pids, .io, .timeLimit, .grace,
            .allowUnlimited, .cgroupParent:
            "What it may use"
        case .workdir, .readOnly, .writable, .tmpfs, .root, .network: "What it can reach"
        case .env, .envFile, .name, .hostname, .user, .cap, .seccomp: "Who it is"
        case .tty, .interactive, .json, .plan: "What you see of it"
        }
    }

    private var summary: String {
        switch self {
        case .project:
            "run it in this project's sandbox: a task of that name, or after -- a command; of the other options those of a sandbox are refused then"
        case .detach: "with --project: let it run alone: its output goes to the logs"
        case .reason: "with --project: why, for the audit trail"
        case .socket:
            "with --project: the supervisor's socket [$BULKHEAD_SOCKET or /run/bulkhead/control.sock]"
        case .memory: "memory, swap not counted; 'max' for no limit [512M]"
        case .memoryHigh: "memory above which it is slowed down and reclaimed from [none]"
        case .swap: "swap; 'max' for no limit [0]"
        case .cpu: "processors, such as 1.5 or 150%; 'max' for no limit [1]"
        case .cpuWeight: "share of the processors when they are short, 1 to 10000 [100]"
        case .pids: "processes and threads; 'max' for no limit [256]"
        case .io:
            "rbps=, wbps= (bytes) and riops=, wiops= (operations) a second, separated by commas, on the disk under PATH [none]"
        case .timeLimit: "end it after this time, such as 10s or 1h30m [none]"
        case .grace: "time between the request to end and the kill [5s]"
        case .allowUnlimited: "run also where this machine cannot enforce a limit, and say which"
        case .cgroupParent: "make its cgroup below DIR [found by itself]"
        case .workdir: "its working directory, writable [the current directory]"
        case .readOnly: "show it PATH, read-only, at AT [at PATH]"
        case .writable: "show it PATH, writable, at AT [at PATH]"
        case .tmpfs: "an empty directory in memory at AT [half of the memory limit]"
        case .root: "the root file system to use in place of this machine's /usr"
        case .network: "none: only loopback; host: this machine's network, not isolated [none]"
        case .env: "set a variable; nothing is taken over from your environment"
        case .envFile: "set the variables in FILE, one NAME=VALUE a line"
        case .name: "name of the sandbox, a DNS label [generated]"
        case .hostname: "host name inside [the sandbox's name]"
        case .user: "user and group inside [1000:1000]"
        case .cap: "keep a capability, valid only inside [none]"
        case .seccomp:
            "system calls that it may make: a profile's name, or a file in OCI form [default]"
        case .tty: "give it a terminal of its own, connected to yours"
        case .interactive: "connect your terminal to its standard input"
        case .json: "end with a record of the run on standard error, in JSON"
        case .plan: "print what would be done, and do nothing"
        }
    }

    /// Whether it has a meaning for one run in a project's sandbox, which is as it is.
    var appliesInProject: Bool {
        switch self {
        case .project, .detach, .reason, .socket, .memory, .cpu, .pids, .timeLimit, .workdir, .env,
            .envFile,
            .name, .user, .tty, .interactive, .json:
            true
        case .memoryHigh, .swap, .cpuWeight, .io, .grace, .allowUnlimited, .cgroupParent, .readOnly,
            .writable, .tmpfs, .root, .network, .hostname, .cap, .seccomp, .plan:
            false
        }
    }
}
