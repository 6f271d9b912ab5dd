internal import Plan

/// The mounts that were asked for, in whoever's words: those of the command line or of the
/// configuration.
struct GrantedMounts {
    private(set) var mounts: [Mount] = []
    /// Destinations that the command may write.
    private(set) var writable: [String] = []
    private let words: GrantWords

    /// - Parameters:
    ///   - base: where relative paths begin; nil: nowhere.
    ///   - scratch: what a tmpfs without a size gets.
    init(
        _ grants: [Grant], base: String?, scratch: Scratch, in words: GrantWords
    ) throws(InvalidValue) {
        self.words = words
        for grant in grants { try add(grant, base: base, scratch: scratch) }
    }

    private mutating func add(
        _ grant: Grant, base: String?, scratch: Scratch
    ) throws(InvalidValue) {
        switch grant {
        case .readOnly(let path, let destination):
            let source = try PlainPath(onHost: path, base: base, for: words.readOnly).text
            try Self.refuseSecretDirectory(source, words.readOnly)
            try add(
                Mount(.host(path: source, .readOnly, .ownerAsUser), at: destination),
                for: words.readOnly)
        case .writable(let path, let destination):
            let source = try PlainPath(onHost: path, base: base, for: words.writable).text
            try refuseSystemDirectory(source, words.writable)
            try add(
                Mount(.host(path: source, .writable, .ownerAsUser), at: destination),
                for: words.writable)
        case .tmpfs(let destination, let size):
            try add(
                Mount(.tmpfs(size: size ?? scratch.size), at: destination), for: words.tmpfs)
        }
    }

    /// A directory of the host, writable, at its own path.
    ///
    /// - Parameter source: what is in its place; nil: itself.
    mutating func addDirectory(
        _ path: String, source: Mount.Source? = nil, for subject: String
    ) throws(InvalidValue) {
        try refuseSystemDirectory(path, subject)
        try add(
            Mount(source ?? .host(path: path, .writable, .ownerAsUser), at: path), for: subject)
    }

    private mutating func add(_ mount: Mount, for subject: String) throws(InvalidValue) {
        let destination = try PlainPath(inSandbox: mount.destination, for: subject).text
        if destination == "/" {
            throw InvalidValue(
                subject, destination, "would cover the sandbox's root", hint: words.otherRoot)
        }
        if let tree = PathRules.kernelTrees.first(where: { PathRules.isWithin(destination, $0) }) {
            throw InvalidValue(
                subject, destination, "lies in \(tree), which belongs to the sandbox itself",
                hint: "mount it somewhere else, for example at /mnt")
        }
        if let tree = words.reserved.first(where: { PathRules.isWithin(destination, $0) }) {
            throw InvalidValue(
                subject, destination, "lies in \(tree), which belongs to the supervisor",
                hint: "mount it somewhere else, for example at /mnt")
        }
        if mounts.contains(where: { $0.destination == destination }) {
            throw InvalidValue(
                subject, destination, "is mounted twice", hint: "give each destination once")
        }
        mounts.append(Mount(mount.source, at: destination))
        switch mount.source {
        case .host(_, .writable, _), .overlay, .tmpfs, .scratch: writable.append(destination)
        case .host, .secrets, .proc, .terminals, .cgroup, .readOnlyAgain, .mask: break
        }
    }

    /// A directory before what is mounted in it, whatever the order in which they were asked for.
    mutating func sort() {
        mounts.sort { PathRules.depth($0.destination) < PathRules.depth($1.destination) }
    }

    /// Whether `path` lies in one of these mounts or in a directory that every sandbox has for itself.
    func isInside(_ path: String) -> Bool {
        Self.privateDirectories.contains(path)
            || mounts.contains { PathRules.isWithin(path, $0.destination) }
    }

    private static let privateDirectories = ["/tmp", "/var/tmp", "/home/user"]

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

    func refuseSystemDirectory(_ path: String, _ subject: String) throws(InvalidValue) {
        if PathRules.isSystem(path) {
            throw InvalidValue(
                subject, path, "is a directory of the system and cannot be made writable",
                hint: words.otherDirectory)
        }
    }
}

/// How mounts are spoken of where they were asked for.
struct GrantWords {
    let readOnly: String
    let writable: String
    let tmpfs: String
    /// What to do in place of mounting at `/`, and in place of writing to the system's directories.
    let otherRoot: String
    let otherDirectory: String
    /// Trees at which nothing may be mounted.
    let reserved: [String]

    static let commandLine = GrantWords(
        readOnly: "--ro", writable: "--rw", tmpfs: "--tmpfs",
        otherRoot: "use --root DIR for another root file system",
        otherDirectory:
            "use a project's directory: --workdir DIR, or --workdir /tmp for a private one",
        reserved: [])

    static let configuration = GrantWords(
        readOnly: "mounts", writable: "mounts", tmpfs: "mounts",
        otherRoot: "use root: DIR for another root file system",
        otherDirectory: "name a directory of the project's own",
        reserved: ["/run/bulkhead", "/run/secrets"])
}
