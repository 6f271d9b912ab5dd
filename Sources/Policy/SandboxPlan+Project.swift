public import Plan

extension SandboxPlan {
    /// Decides what a project's sandbox is made of. Throws where its policy contradicts itself; touches
    /// nothing.
    ///
    /// - Parameters:
    ///   - cgroupParent: a cgroup directory to work below; nil: found by itself.
    ///   - directory: what is in the place of the project's directory; nil: itself.
    public init(
        _ policy: ProjectPolicy, on host: HostLayout, cgroupParent: String? = nil,
        directory: Mount.Source? = nil
    ) throws(InvalidValue) {
        let grants = try ProjectMounts(policy, directory: directory)
        let scratch = Scratch(memory: policy.limits.memoryMax)
        if let size = policy.limits.tmp,
            let hidden = grants.mounts.first(where: {
                $0.destination.utf8.starts(with: "/tmp/".utf8)
            })
        {
            throw InvalidValue(
                "limits.tmp", size.exactText,
                "a /tmp of its own would hide \(quoted(hidden.destination))",
                hint: "keep the project and its mounts out of /tmp, or leave limits.tmp out")
        }
        let hostname = policy.name.hostname
        var root = RootSkeleton.standard(
            identity: policy.identity, host: host, scratch: scratch, hostname: hostname)
        // The sandbox's own root's: init makes the sockets for notifications in it.
        root.entries.append(.init("run/bulkhead", .directory(mode: 0o755)))
        self.init(
            hostname: hostname, identity: policy.identity, capabilities: policy.capabilities,
            network: policy.network, limits: policy.limits, allowUnlimited: policy.allowUnlimited,
            cgroupParent: cgroupParent, root: root,
            mounts: SystemMounts.list(root: policy.root, network: policy.network, host: host)
                + Self.scratch(policy.limits) + grants.mounts)
    }

    /// File systems of their own for /tmp and /dev/shm, where they have sizes of their own.
    private static func scratch(_ limits: Limits) -> [Mount] {
        var mounts: [Mount] = []
        for (path, size) in [("/tmp", limits.tmp), ("/dev/shm", limits.shm)] {
            guard let size else { continue }
            mounts.append(Mount(.scratch(size: size), at: path))
        }
        return mounts
    }
}

/// What a project sees beside the system, and what of it its commands may write.
struct ProjectMounts {
    let mounts: [Mount]
    let writable: [String]

    /// - Parameter directory: what is in the place of the project's; nil: itself.
    init(_ policy: ProjectPolicy, directory: Mount.Source? = nil) throws(InvalidValue) {
        var grants = try GrantedMounts(
            policy.mounts, base: nil, scratch: Scratch(memory: policy.limits.memoryMax),
            in: .configuration)
        let path = try PlainPath(onHost: policy.path, base: nil, for: "path").text
        try grants.addDirectory(path, source: directory, for: "path")
        grants.sort()
        var mounts = grants.mounts
        if !policy.secrets.isEmpty {
            var names: Set<WorkloadName> = []
            for secret in policy.secrets where !names.insert(secret.name).inserted {
                throw InvalidValue(
                    "secrets", secret.name.text, "is there twice", hint: "give each its own name")
            }
            mounts.append(Mount(.secrets(policy.secrets), at: "/run/secrets"))
        }
        self.mounts = mounts
        writable = grants.writable
    }
}
