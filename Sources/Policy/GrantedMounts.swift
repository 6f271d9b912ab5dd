internal import Plan

/// The mounts that the operator asked for, with the working directory among them.
struct GrantedMounts {
    private(set) var mounts: [Mount] = []
    /// Destinations that the command may write.
    private(set) var writable: [String] = []
    private(set) var workingDirectory: String

    init(_ request: RunRequest, on host: HostLayout, scratch: Scratch) throws(InvalidValue) {
        workingDirectory = "/"
        for grant in request.grants { try add(grant, on: host, scratch: scratch) }
        workingDirectory = try addWorkingDirectory(request.workingDirectory, on: host)
        // A directory before what is mounted in it, whatever the order of the options.
        mounts.sort { PathRules.depth($0.destination) < PathRules.depth($1.destination) }
    }

    private mutating func add(
        _ grant: Grant, on host: HostLayout, scratch: Scratch
    ) throws(InvalidValue) {
        switch grant {
        case .readOnly(let path, let destination):
            let source = try PlainPath(
                onHost: path, base: host.currentDirectory, for: "--ro"
            ).text
            try Self.refuseSecretDirectory(source, "--ro")
            try add(
                Mount(.host(path: source, .readOnly, .ownerAsUser), at: destination), for: "--ro")
        case .writable(let path, let destination):
            let source = try PlainPath(
                onHost: path, base: host.currentDirectory, for: "--rw"
            ).text
            try Self.refuseSystemDirectory(source, "--rw")
            try add(
                Mount(.host(path: source, .writable, .ownerAsUser), at: destination), for: "--rw")
        case .tmpfs(let destination, let size):
            try add(Mount(.tmpfs(size: size ?? scratch.size), at: destination), for: "--tmpfs")
        }
    }

    private mutating func add(_ mount: Mount, for option: String) throws(InvalidValue) {
        let destination = try PlainPath(inSandbox: mount.destination, for: option).text
        if destination == "/" {
            throw InvalidValue(
                option, destination, "would cover the sandbox's root",
                hint: "use --root DIR for another root file system")
        }
        if let tree = PathRules.kernelTrees.first(where: { PathRules.isWithin(destination, $0) }) {
            throw InvalidValue(
                option, destination, "lies in \(tree), which belongs to the sandbox itself",
                hint: "mount it somewhere else, for example at /mnt")
        }
        if mounts.contains(where: { $0.destination == destination }) {
            throw InvalidValue(
                option, destination, "is mounted twice", hint: "give each destination once")
        }
        mounts.append(Mount(mount.source, at: destination))
        switch mount.source {
        case .host(_, .writable, _), .tmpfs: writable.append(destination)
        case .host, .proc, .terminals, .cgroup, .readOnlyAgain, .mask: break
        }
    }

    /// The working directory: a path in one of the sandbox's own mounts is used as it is, any other
    /// is a directory of the host and is granted, writable, at its own path.
    private mutating func addWorkingDirectory(
        _ asked: String?, on host: HostLayout
    ) throws(InvalidValue) -> String {
        let subject = asked == nil ? "working directory" : "--workdir"
        guard let given = asked ?? host.currentDirectory else {
            throw InvalidValue(
                subject, ".", "the current directory has been removed",
                hint: "change to a directory that exists, or name one with --workdir DIR")
        }
        let path = try PlainPath(onHost: given, base: host.currentDirectory, for: subject).text
        let own = mounts.map(\.destination)
        if Self.privateDirectories.contains(path)
            || own.contains(where: { PathRules.isWithin(path, $0) })
        {
            return path
        }
        try Self.refuseSystemDirectory(path, subject)
        if asked == nil, path == host.home || path == "/root" || Self.isHome(path) {
            throw InvalidValue(
                subject, path,
                "is a home directory: the command could change its shell's start-up files and keys",
                hint: "change to a project's directory, or say --workdir \(path) if you mean it, "
                    + "or --workdir /tmp for a private one")
        }
        try add(Mount(.host(path: path, .writable, .ownerAsUser), at: path), for: subject)
        return path
    }

    /// Directories that every sandbox has for itself.
    private static let privateDirectories = ["/tmp", "/var/tmp", "/home/user"]

    private static func isHome(_ path: String) -> Bool {
        PathRules.isWithin(path, "/home") && PathRules.depth(path) == 2
    }

    /// A grant shows the owner's files as the command's own, so root's private ones too.
    private static func refuseSecretDirectory(
        _ path: String, _ subject: String
    ) throws(InvalidValue) {
        if let tree = PathRules.kernelTrees.first(where: { PathRules.isWithin(path, $0) }) {
            throw InvalidValue(
                subject, path, "lies in \(tree): the kernel's view of the whole machine",
                hint: "a sandbox has a /proc and a /dev of its own, and no /sys")
        }
        if PathRules.secretDirectories.contains(path) {
            throw InvalidValue(
                subject, path, "holds the machine's secrets, and a grant would show them",
                hint: "grant what is needed of it, by its own path")
        }
    }

    private static func refuseSystemDirectory(
        _ path: String, _ subject: String
    ) throws(InvalidValue) {
        if PathRules.isSystem(path) {
            throw InvalidValue(
                subject, path, "is a directory of the system and cannot be made writable",
                hint:
                    "use a project's directory: --workdir DIR, or --workdir /tmp for a private one")
        }
    }
}
