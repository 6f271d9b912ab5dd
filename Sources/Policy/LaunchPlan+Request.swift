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
        guard let program = request.command.first else {
            throw InvalidValue(
                "command", "", "is missing", hint: "name one: bulkhead run -- COMMAND [ARG…]")
        }
        if program.isEmpty {
            throw InvalidValue("command", "", "is empty", hint: "name a program to run")
        }
        try Self.refuseFileCapabilities(request)
        let scratch = Scratch(memory: request.limits.memoryMax)
        let grants = try GrantedMounts(request, on: host, scratch: scratch)
        let hostname = request.hostname ?? name.text
        let user = request.identity.user == 0 ? "root" : "user"
        let home = request.identity.user == 0 ? "/root" : "/home/user"

        var environment = EnvironmentList()
        environment.set("PATH", Self.standardPath)
        environment.set("HOME", home)
        environment.set("USER", user)
        environment.set("LANG", "C.UTF-8")
        // Without a terminal programs must not think that they can position a cursor.
        environment.set("TERM", request.terminal ? "xterm-256color" : "dumb")
        for variable in request.environment { environment.set(variable.name, variable.value) }

        self.init(
            name: name, hostname: hostname, command: request.command,
            candidates: Self.candidates(for: program, path: environment["PATH"] ?? ""),
            environment: environment.variables, workingDirectory: grants.workingDirectory,
            request: request, resourceLimits: Self.resourceLimits,
            root: .standard(
                request: request, host: host, scratch: scratch, hostname: hostname),
            mounts: SystemMounts.list(request: request, host: host) + grants.mounts,
            writable: SystemMounts.writable + [home] + grants.writable)
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

    /// As in Debian's /etc/login.defs, what is the administrator's first.
    static let standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// On each process, beside the cgroup's limits on all of them together.
    static let resourceLimits = [
        // A core dump would be written by the host's handler, outside of every limit. Not 0: that
        // does not hold for a handler that reads a pipe, and 1 is the kernel's word for none at all
        // (fs/coredump.c), and less than any file of a dump.
        ResourceLimit(.core, soft: 1, hard: 1),
        // 1,024 is what select(2) can count; the hard limit bounds a process that asks for more.
        ResourceLimit(.openFiles, soft: 1_024, hard: 16_384),
        ResourceLimit(.lockedMemory, soft: 8 << 20, hard: 8 << 20),
        ResourceLimit(.niceness, soft: 0, hard: 0),
        ResourceLimit(.realTimePriority, soft: 0, hard: 0),
    ]

    /// execvp(3): a name with a slash is a path, any other is looked for in PATH.
    static func candidates(for program: String, path: String) -> [String] {
        if program.utf8.contains(UInt8(ascii: "/")) { return [program] }
        // An empty element would mean the working directory, where an untrusted file may wait.
        return path.utf8.split(separator: UInt8(ascii: ":")).map { "\(Substring($0))/\(program)" }
    }
}

/// Variables in the order in which they were first set; a later value wins.
struct EnvironmentList {
    private(set) var variables: [EnvironmentVariable] = []

    mutating func set(_ name: String, _ value: String) {
        if let index = variables.firstIndex(where: { $0.name == name }) {
            variables[index].value = value
        } else {
            variables.append(EnvironmentVariable(name: name, value: value))
        }
    }

    subscript(name: String) -> String? { variables.first { $0.name == name }?.value }
}

/// How much a sandbox may keep in its private tmpfs.
struct Scratch {
    let size: Bytes
    let inodes: UInt64

    /// A half of the memory limit: full, it says ENOSPC before the kernel has to kill anybody, for
    /// what is in a tmpfs counts as memory and outlives the process that wrote it.
    init(memory: Bytes?) {
        size = Bytes(min((memory ?? .gibibytes(1)).count / 2, Bytes.gibibytes(64).count))
        // A kibibyte of kernel memory goes with each inode.
        inodes = max(1_024, size.count / 8_192)
    }
}
