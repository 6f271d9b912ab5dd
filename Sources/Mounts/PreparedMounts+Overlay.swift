internal import Plan
internal import Syscalls

extension PreparedMounts {
    /// A project's directory with its changes on a volume. Both layers show their owner as the command's
    /// user, for the overlay itself cannot: kernel documentation filesystems/overlayfs.rst.
    mutating func overlay(
        _ volume: String, over lower: String, _ owners: Mount.ShownOwners,
        _ makeUserNamespace: (IDMap) throws(SystemCallError) -> UserNamespace
    ) throws(MountError) -> DetachedMount {
        let below = try layer(lower, .ownerAsUser, makeUserNamespace)
        if owners == .handedOver {
            for name in ["upper", "work"] {
                try handOver(
                    open("\(volume)/\(name)", owners: owners), path: "\(volume)/\(name)")
            }
        }
        // The volume belongs to root; what is in it, to the owner of the project's directory.
        let status = try FileStatus(of: open(lower, owners: .ownerAsUser), path: lower)
        let above = try layer(volume, owners, as: status, makeUserNamespace)
        let owner = (user: range.host(identity.user), group: range.host(identity.group))
        do {
            return try DetachedMount(
                overlaying: above, over: below, owner: owner,
                attributes: [.noSetUserID, .noDevices])
        } catch { throw .noOverlay(path: lower, error) }
    }

    /// - Parameter owner: whose files are shown as the user's; nil: those of the owner of `path`.
    private mutating func layer(
        _ path: String, _ owners: Mount.ShownOwners, as owner: FileStatus? = nil,
        _ makeUserNamespace: (IDMap) throws(SystemCallError) -> UserNamespace
    ) throws(MountError) -> DetachedMount {
        let file = try open(path, owners: owners)
        let status = try FileStatus(of: file, path: path)
        if status.kind != .directory { throw .unsuitable(path: path, kind: "\(status.kind)") }
        let tree: DetachedMount
        do {
            // An overlay sees no mounts below its layers.
            tree = try DetachedMount(cloning: file, path: path, withMountsBelow: false)
        } catch { throw .cannotOpen(path: path, error) }
        try show(
            tree, path: path, attributes: [.noSetUserID, .noDevices], access: .writable,
            map: map(owners, status: owner ?? status), makeUserNamespace: makeUserNamespace)
        return tree
    }

    /// Makes a file or directory the command's user's.
    func handOver(_ file: borrowing FileDescriptor, path: String) throws(MountError) {
        do {
            try file.setOwner(user: range.host(identity.user), group: range.host(identity.group))
        } catch { throw .cannotOpen(path: path, error) }
    }
}
