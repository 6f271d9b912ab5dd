public import Control
public import Plan
public import Syscalls

/// Why a sandbox was not launched, or could not be held. Nothing is left of it.
public enum LaunchError: Diagnosable {
    /// A part of it could not be prepared; the part's own error says why.
    case refused(any Diagnosable)
    /// A step of the child failed.
    case step(LaunchStep, Errno)
    /// init could not start the command.
    case spawn(SpawnStage, Errno)
    /// The command's file is not there.
    case notFound(command: String, path: String?)
    /// The command's file cannot be executed.
    case notExecutable(command: String, Errno)
    /// A standard stream is something that must not get into a sandbox.
    case unsuitableStream(name: String, kind: String)
    /// bulkhead-init is not where it belongs.
    case initMissing(searched: [String])
    /// init broke the protocol or ended without a word.
    case initFailed(String)
    /// What lives under a sandbox's record is not that sandbox.
    case notAdopted(ProjectName, reason: String)
    /// A system call of the launcher itself.
    case failed(SystemCallError)
    /// Asked for by fault injection.
    case injected(String)

    public var message: String {
        switch self {
        case .refused(let error): error.message
        case .step(let step, let errno): "cannot \(step.label) in the sandbox: \(errno)"
        case .spawn(let stage, let errno): "cannot start the command: \(stage.label): \(errno)"
        case .notFound(let command, let path?):
            "\(quoted(command)): command not found in the sandbox's PATH \(quoted(path))"
        case .notFound(let command, nil):
            "\(quoted(command)): no such file in the sandbox, or its interpreter is not there"
        case .notExecutable(let command, let errno):
            "\(quoted(command)): cannot be executed: \(errno)"
        case .unsuitableStream(let name, let kind):
            "standard \(name) is a \(kind): it would let the sandbox out"
        case .initMissing(let searched):
            "bulkhead-init is missing: looked for it at \(searched.joined(separator: ", "))"
        case .initFailed(let what): "the sandbox's init failed: \(what)"
        case .notAdopted(let project, let reason):
            "the sandbox of \(quoted(project.text)) cannot be taken over: \(reason)"
        case .failed(let error): "cannot launch: \(error)"
        case .injected(let point): "fault injected: \(point)"
        }
    }

    public var hint: String? {
        switch self {
        case .refused(let error): error.hint
        case .step(.mount("proc", _, _, _), .EPERM):
            "the host's /proc is partly hidden, as in a container; run where it is whole"
        case .step(.attach, .ENOENT):
            "the directory to mount at does not exist; create it, or mount somewhere else"
        case .step(.attach, .ENOTDIR), .spawn(.directory, .ENOTDIR):
            "a file is where a directory has to be"
        case .step(_, .EPERM): "see bulkhead doctor for what this host lacks"
        case .step(_, .ENOMEM), .spawn(.fork, .ENOMEM), .spawn(.execute, .ENOMEM):
            "raise --memory"
        case .spawn(.fork, .EAGAIN): "raise --pids"
        case .spawn(.directory, .EACCES), .spawn(.directory, .ENOENT):
            "choose a --workdir that the command's user may enter"
        case .spawn(.capabilities, .EPERM): "the host does not grant that capability: see --cap"
        case .notFound(_, .some): "give its path inside the sandbox, or set PATH with --env"
        case .notFound(_, nil): "only /usr and what --ro and --rw grant is visible inside"
        case .notExecutable(_, .EACCES):
            "it needs the x bit and to be readable by the sandbox's user (--user)"
        case .notExecutable(_, .ENOEXEC): "a script needs a first line such as #!/bin/sh"
        case .unsuitableStream: "redirect it from or to a file, a pipe or /dev/null"
        case .initMissing: "build or install it: scripts/build, scripts/install"
        case .failed(let error) where error.errno == .EMFILE || error.errno == .ENFILE:
            "raise the limit of open files: ulimit -n"
        case .step, .spawn, .notExecutable, .initFailed, .notAdopted, .failed, .injected: nil
        }
    }
}

extension LaunchError {
    /// Why init did not start a command.
    init(_ stage: SpawnStage, _ number: Int32, of plan: WorkloadPlan) {
        let errno = Errno(rawValue: number)
        let command = plan.command[0]
        switch (stage, errno) {
        case (.execute, .ENOENT), (.execute, .ENOTDIR):
            let searched = !command.utf8.contains(UInt8(ascii: "/"))
            let path = plan.environment.first { $0.name == "PATH" }?.value
            self = .notFound(command: command, path: searched ? path ?? "" : nil)
        case (.execute, .ENOMEM), (.execute, .EAGAIN): self = .spawn(stage, errno)
        case (.execute, _): self = .notExecutable(command: command, errno)
        default: self = .spawn(stage, errno)
        }
    }

    /// What `bulkhead run` exits with, as env(1) and the shells do.
    public var exitStatus: Int32 {
        switch self {
        case .notFound: 127
        case .notExecutable: 126
        case .refused, .step, .spawn, .unsuitableStream, .initMissing, .initFailed, .notAdopted,
            .failed,
            .injected:
            125
        }
    }
}

extension SpawnStage {
    var label: String {
        switch self {
        case .readRequest: "read the request"
        case .openTerminal: "open a terminal"
        case .fork: "make a process"
        case .newSession: "begin a session"
        case .attachTerminal: "attach the terminal"
        case .resourceLimits: "set resource limits"
        case .keyring: "join a new session keyring"
        case .landlock: "set up Landlock"
        case .user: "become the user"
        case .capabilities: "drop capabilities"
        case .noNewPrivileges: "set no_new_privs"
        case .directory: "enter the working directory"
        case .closeDescriptors: "close descriptors"
        case .seccomp: "install the seccomp filter"
        case .execute: "execute it"
        case .admit: "remember another run"
        case .openLog: "make pipes for its log"
        case .bindNotification: "make its notification socket"
        case .standardStreams: "connect its standard streams"
        }
    }
}
