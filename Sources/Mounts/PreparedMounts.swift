public import Plan
public import Syscalls

/// Every file system of a sandbox, made but attached nowhere: closing them undoes them.
public struct PreparedMounts: ~Copyable {
    /// What the child does with them, in order; complete after `finish()`.
    public private(set) var steps: [LaunchStep]
    private let builder: RootBuilder
    private var held: DescriptorList
    /// User namespaces of idmapped mounts, one for each map.
    private var namespaces: [IDMap: UserNamespace] = [:]
    /// Destinations below which a mount point cannot be made: trees of the host.
    private var trees: [String] = []
    let range: IDRange
    let identity: Identity

    /// Makes the sandbox's root and what is in it.
    public init(
        root skeleton: RootSkeleton, range: IDRange, identity: Identity
    ) throws(MountError) {
        var held = DescriptorList()
        let root = try Self.makeRoot(skeleton)
        let builder = try Self.fill(root, with: skeleton, range: range, identity: identity)
        steps = [.enterRoot(held.adopt(root.intoDescriptor()))]
        self.builder = builder
        self.held = held
        self.range = range
        self.identity = identity
    }

    private static func makeRoot(_ skeleton: RootSkeleton) throws(MountError) -> DetachedMount {
        do {
            // Its devices work, for they are its own; a set-user-id file never does.
            return try DetachedMount(
                tmpfs: [
                    ("source", "tmpfs"), ("size", String(skeleton.size.count)),
                    ("nr_inodes", String(skeleton.inodes)),
                    ("mode", "0755"),
                ], attributes: .noSetUserID)
        } catch { throw .failed(error) }
    }

    private static func fill(
        _ root: borrowing DetachedMount, with skeleton: RootSkeleton, range: IDRange,
        identity: Identity
    ) throws(MountError) -> RootBuilder {
        do {
            let builder = try RootBuilder(
                root, rootID: (range.host(0), range.host(0)),
                userID: (range.host(identity.user), range.host(identity.group)))
            for entry in skeleton.entries { try builder.add(entry) }
            return builder
        } catch { throw .failed(error) }
    }

    /// Opens what a mount shows, makes its mount point, and adds its step.
    ///
    /// - Parameter makeUserNamespace: makes a user namespace with these maps.
    public mutating func add(
        _ mount: Mount, makeUserNamespace: (IDMap) throws(SystemCallError) -> UserNamespace
    ) throws(MountError) {
        let place = String(mount.destination.dropFirst())
        switch mount.source {
        case .host(let path, let access, let owners):
            let file = try open(path, owners: owners)
            let status = try FileStatus(of: file, path: path)
            switch status.kind {
            case .directory, .regular: break
            case let kind: throw .unsuitable(path: path, kind: "\(kind)")
            }
            let tree: DetachedMount
            do { tree = try DetachedMount(cloning: file, path: path) } catch {
                throw .cannotOpen(path: path, error)
            }
            if owners == .handedOver { try handOver(file, path: path) }
            var attributes: MountAttributes = [.noSetUserID, .noDevices]
            if access == .readOnly { attributes.insert(.readOnly) }
            try show(
                tree, path: path, attributes: attributes, access: access,
                map: map(owners, status: status), makeUserNamespace: makeUserNamespace)
            try addMountPoint(mount.destination, isDirectory: status.kind == .directory)
            trees.append(mount.destination)
            steps.append(.attach(held.adopt(tree.intoDescriptor()), at: place))
        case .overlay(let lower, let volume, let owners):
            let tree = try overlay(volume, over: lower, owners, makeUserNamespace)
            try addMountPoint(mount.destination, isDirectory: true)
            trees.append(mount.destination)
            steps.append(.attach(held.adopt(tree.intoDescriptor()), at: place))
        case .tmpfs(let size), .scratch(let size):
            try addMountPoint(mount.destination, isDirectory: true)
            var owner = identity
            var mode = "0700"
            if case .scratch = mount.source {
                owner = Identity(user: 0, group: 0)
                mode = "1777"
            }
            let user = range.host(owner.user)
            let group = range.host(owner.group)
            do {
                let tree = try DetachedMount(
                    tmpfs: [
                        ("source", "tmpfs"), ("size", String(size.count)),
                        ("nr_inodes", String(size.count / 8_192 + 64)),
                        ("mode", mode), ("uid", String(user)), ("gid", String(group)),
                    ], attributes: [.noSetUserID, .noDevices])
                trees.append(mount.destination)
                steps.append(.attach(held.adopt(tree.intoDescriptor()), at: place))
            } catch { throw .failed(error) }
        case .secrets(let secrets):
            try addMountPoint(mount.destination, isDirectory: true)
            let tree = try secretTree(
                secrets, owner: (range.host(identity.user), range.host(identity.group)))
            trees.append(mount.destination)
            steps.append(.attach(held.adopt(tree.intoDescriptor()), at: place))
        case .proc:
            steps.append(
                .mount(
                    type: "proc", at: place, flags: [.noSetUserID, .noDevices, .noExecute],
                    options: ""))
        case .terminals:
            // The group is not set: "tty" of the host means nothing inside.
            steps.append(
                .mount(
                    type: "devpts", at: place, flags: [.noSetUserID, .noExecute],
                    options: "newinstance,ptmxmode=0666,mode=0620"))
        case .cgroup:
            steps.append(
                .mount(
                    type: "cgroup2", at: place,
                    flags: [.readOnly, .noSetUserID, .noDevices, .noExecute], options: ""))
        case .readOnlyAgain: steps.append(.makeReadOnly(place))
        case .mask: steps.append(.mask(place))
        }
    }

    /// Ends the list: the host is left behind.
    public mutating func finish() { steps.append(.leaveHost) }

    func open(
        _ path: String, owners: Mount.ShownOwners
    ) throws(MountError) -> FileDescriptor {
        // The system's own paths may be links (/etc/resolv.conf); one that was granted may not: what
        // it leads to could change between the operator's look and ours.
        let resolve: ResolveFlags = owners == .unmapped ? .noMagicLinks : [.noSymlinks]
        do { return try Syscalls.open(path, .path, resolve: resolve) } catch {
            throw .cannotOpen(path: path, error)
        }
    }

    func map(_ owners: Mount.ShownOwners, status: FileStatus) -> IDMap? {
        switch owners {
        case .unmapped, .handedOver: nil
        case .sameNumbers: .range(range)
        case .ownerAsUser:
            .single(
                user: status.user, group: status.group, shownAsUser: range.host(identity.user),
                shownAsGroup: range.host(identity.group))
        }
    }

    mutating func show(
        _ tree: borrowing DetachedMount, path: String, attributes: MountAttributes,
        access: Mount.Access, map: IDMap?,
        makeUserNamespace: (IDMap) throws(SystemCallError) -> UserNamespace
    ) throws(MountError) {
        var namespace: CInt?
        if let map {
            do {
                if namespaces[map] == nil {
                    namespaces[map] = try makeUserNamespace(map)
                }
            } catch { throw .cannotMapOwners(path: path, error) }
            namespace = namespaces[map]?.descriptor.number
        }
        do { try tree.set(attributes, idMapped: namespace, path: path) } catch {
            // EINVAL is what the kernel says of a file system that cannot: mount_setattr(2).
            guard namespace != nil, error.errno == .EINVAL else {
                throw .cannotOpen(path: path, error)
            }
            // Read-only it does no harm unmapped: every file is nobody's, and only what others may
            // read is read. Writable it would leave files with ids of the range behind.
            if access == .writable { throw .notIDMappable(path: path, error) }
            try Self.refuseKernelFileSystems(at: path)
            do { try tree.set(attributes, path: path) } catch {
                throw .cannotOpen(path: path, error)
            }
        }
    }

    /// What is mounted below a granted path comes along.
    private static func refuseKernelFileSystems(at path: String) throws(MountError) {
        // Every mount of a host with thousands of them.
        let tableSizeMax = 16 << 20
        let table: String
        do { table = try readFile("/proc/self/mountinfo", limit: tableSizeMax) } catch {
            throw .cannotOpen(path: "/proc/self/mountinfo", error)
        }
        if let found = KernelFileSystem.first(at: path, in: table) {
            throw .kernelFileSystem(path: path, type: found.type, point: found.point)
        }
    }

    private func addMountPoint(_ destination: String, isDirectory: Bool) throws(MountError) {
        // Below a tree of the host it has to exist: nothing is ever made there.
        let slashed = destination + "/"
        if trees.contains(where: { slashed.utf8.starts(with: ($0 + "/").utf8) }) { return }
        let place = String(destination.dropFirst())
        do { try builder.addMountPoint(place, isDirectory: isDirectory) } catch {
            throw .noMountPoint(destination: destination, error)
        }
    }
}

extension FileStatus {
    init(of file: borrowing FileDescriptor, path: String) throws(MountError) {
        do { self = try file.status() } catch { throw .cannotOpen(path: path, error) }
    }
}
