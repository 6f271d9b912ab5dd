/// The commands of `bulkhead`, in the order in which the help lists them.
public enum CommandName: String, CaseIterable, Hashable, Sendable {
    case run, doctor, profile
    case register, discover, config
    case projects, status, ps, runs, logs, watch, audit, explain, stats, top
    case simulate
    case start, stop, restart, pause, resume, maintain, archive, remove, quota
    case schedule, optimize, why, advise, queue
    case exec, attach, kill
    case storage, diff, commit, discard, snapshot, rescue
    case shell, completion, version, help

    /// The headings of the help.
    public enum Group: String, CaseIterable, Hashable, Sendable {
        case alone = "One program, without a supervisor"
        case adding = "Add projects and configure them"
        case seeing = "See how they are"
        case changing = "Change what they do"
        case dividing = "Divide the machine among them"
        case inside = "Work inside a project"
        case storing = "Look after what they store"
        case program = "This program"
    }

    public var group: Group {
        switch self {
        case .run, .doctor, .profile: .alone
        case .register, .discover, .config: .adding
        case .projects, .status, .ps, .runs, .logs, .watch, .audit, .explain, .stats, .top,
            .simulate:
            .seeing
        case .start, .stop, .restart, .pause, .resume, .maintain, .archive, .remove, .quota:
            .changing
        case .schedule, .optimize, .why, .advise, .queue: .dividing
        case .exec, .attach, .kill: .inside
        case .storage, .diff, .commit, .discard, .snapshot, .rescue: .storing
        case .shell, .completion, .version, .help: .program
        }
    }

    /// What it does: a sentence without a full stop.
    public var summary: String {
        switch self {
        case .run: "run a program in a sandbox of its own, or in that of a project"
        case .doctor: "say what this machine can enforce, and what to do where it cannot"
        case .profile: "list, show, check, learn and change seccomp profiles"
        case .register: "make a directory a project"
        case .discover: "look for directories that could be projects"
        case .config: "check, compare, apply and roll back the configuration"
        case .projects: "list the projects"
        case .status: "show a project and its services, or how the supervisor does"
        case .ps: "list the processes of projects"
        case .runs: "list what was run, with how it ended"
        case .logs: "print what workloads wrote"
        case .watch: "print what happens, as it happens"
        case .audit: "review who did what and what became of it, and verify that record"
        case .explain: "say why something ended, or why it is slow, and what to do"
        case .stats: "print what projects use"
        case .top: "show what projects use, as it changes"
        case .simulate:
            "say how the scheduler would fare, with projects that are made up or recorded"
        case .start: "start a project or a service, and wait until it is ready"
        case .stop: "stop a project or a service, and wait until it has stopped"
        case .restart: "stop and start again"
        case .pause: "freeze all processes of a project"
        case .resume: "let a paused project, or one in maintenance, go on"
        case .maintain: "stop a project's services, and keep its sandbox for work"
        case .archive: "stop a project for good, and keep its registration"
        case .remove: "stop a project and forget it; its files stay"
        case .quota: "show limits as they are in force, and change them at once"
        case .schedule: "show who gets what and why, and choose how it is divided"
        case .optimize: "divide anew now, and list what changes"
        case .why: "say why a project waits, stands still, or has less than it wants"
        case .advise: "say which limits should be others, by what was used"
        case .queue: "list the projects that wait for room"
        case .exec: "run a command in a project's sandbox"
        case .attach: "connect to the terminal of a workload"
        case .kill: "send a signal to a workload"
        case .storage: "list where projects store their files, and how full that is"
        case .diff: "list what a project has changed in its directory, with storage: overlay"
        case .commit: "carry such changes over into the directory"
        case .discard: "forget such changes"
        case .snapshot: "take, list, restore and remove copies of what a project stores"
        case .rescue: "work in a project that is full, with a little more room"
        case .shell: "a prompt for all of these commands"
        case .completion: "print a completion script for a shell"
        case .version: "print the version"
        case .help: "explain a command"
        }
    }

    /// The page of section 1 that describes it: man(1).
    public var manualPage: String {
        switch self {
        case .run, .doctor, .profile, .config, .shell, .quota, .audit, .explain, .stats, .top,
            .simulate:
            "bulkhead-\(rawValue)"
        case .schedule, .optimize, .why, .advise, .queue: "bulkhead-schedule"
        case .exec, .attach, .kill: "bulkhead-exec"
        case .storage, .diff, .commit, .discard, .snapshot, .rescue: "bulkhead-storage"
        case .completion, .version, .help: "bulkhead"
        default: "bulkhead-projects"
        }
    }

    /// Whether the supervisor is asked; `run` asks it with `--project` only, `config` but to check.
    public var asksSupervisor: Bool {
        switch self {
        case .run, .doctor, .profile, .audit, .simulate, .shell, .completion, .version, .help: false
        default: true
        }
    }

    /// Whether its status is that of a program that it runs, as with env(1).
    public var endsAsItsProgram: Bool { [.run, .exec, .attach, .rescue].contains(self) }

    /// The status it ends with when its own arguments make no sense.
    public var usageStatus: Int32 { endsAsItsProgram ? 125 : 2 }

    /// The status it ends with when it fails.
    public var failureStatus: Int32 { endsAsItsProgram ? 125 : 1 }
}
