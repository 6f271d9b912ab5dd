internal import Plan

extension WorkloadPlan {
    /// On each process, beside the cgroup's limits on all of them together.
    static let standardResourceLimits = [
        // A core dump would be written by the host's handler, outside of every limit. Not 0: that
        // does not hold for a handler that reads a pipe, and 1 is the kernel's word for none at all
        // (fs/coredump.c), and less than any file of a dump.
        ResourceLimit(.core, soft: 1, hard: 1),
        .openFiles(nil),
        ResourceLimit(.lockedMemory, soft: 8 << 20, hard: 8 << 20),
        ResourceLimit(.niceness, soft: 0, hard: 0),
        ResourceLimit(.realTimePriority, soft: 0, hard: 0),
    ]

    /// The same with a number of open files of its own, which holds whatever a process asks for.
    ///
    /// - Parameter openFiles: nil: the standard one.
    static func resourceLimits(openFiles: UInt32?) -> [ResourceLimit] {
        standardResourceLimits.map { $0.resource == .openFiles ? .openFiles(openFiles) : $0 }
    }

    /// execvp(3): a name with a slash is a path, any other is looked for in PATH.
    static func candidates(for program: String, path: String) -> [String] {
        if program.utf8.contains(UInt8(ascii: "/")) { return [program] }
        // An empty element would mean the working directory, where an untrusted file may wait.
        return path.utf8.split(separator: UInt8(ascii: ":")).map { "\(Substring($0))/\(program)" }
    }
}

extension Identity {
    /// Its home directory in a sandbox whose skeleton is the standard one.
    var home: String { user == 0 ? "/root" : "/home/user" }
}

/// Variables in the order in which they were first set; a later value wins.
struct EnvironmentList {
    private(set) var variables: [EnvironmentVariable] = []

    /// What every command gets.
    ///
    /// - Parameter owner: whose the sandbox's home directory is.
    init(for identity: Identity, owner: Identity, terminal: Bool) {
        set("PATH", Self.standardPath)
        let isKnown = identity.user == 0 || identity.user == owner.user
        set("HOME", isKnown ? identity.home : "/")
        set("USER", identity.user == 0 ? "root" : isKnown ? "user" : String(identity.user))
        set("LANG", "C.UTF-8")
        // Without a terminal programs must not think that they can position a cursor.
        set("TERM", terminal ? "xterm-256color" : "dumb")
    }

    /// As in Debian's /etc/login.defs, what is the administrator's first.
    static let standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    mutating func set(_ name: String, _ value: String) {
        if let index = variables.firstIndex(where: { $0.name == name }) {
            variables[index].value = value
        } else {
            variables.append(EnvironmentVariable(name: name, value: value))
        }
    }

    mutating func set(_ others: [EnvironmentVariable]) {
        for variable in others { set(variable.name, variable.value) }
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
