public import Plan
public import Syscalls

/// Why the sandbox's file system could not be put together.
public enum MountError: Diagnosable, Hashable {
    /// A path that was granted cannot be opened.
    case cannotOpen(path: String, SystemCallError)
    /// A path that was granted is neither a file nor a directory.
    case unsuitable(path: String, kind: String)
    /// The file system below a granted path cannot show its files with other owners.
    case notIDMappable(path: String, SystemCallError)
    /// A file system that shows the whole machine would come along.
    case kernelFileSystem(path: String, type: String, point: String)
    /// A user namespace to show owners through could not be made.
    case cannotMapOwners(path: String, SystemCallError)
    /// A place to mount at does not exist inside.
    case noMountPoint(destination: String, SystemCallError)
    /// The file of a secret cannot be read. What is in it is told nowhere.
    case secretUnreadable(name: String, path: String, reason: String)
    /// A directory cannot be shown with changes above it.
    case noOverlay(path: String, SystemCallError)
    /// Part of the sandbox's own root could not be made.
    case failed(SystemCallError)

    public var message: String {
        switch self {
        case .cannotOpen(let path, let error): "cannot grant \(quoted(path)): \(error.errno)"
        case .unsuitable(let path, let kind): "cannot grant \(quoted(path)): it is a \(kind)"
        case .notIDMappable(let path, let error):
            "cannot grant \(quoted(path)): its file system, or one mounted below it, does not "
                + "support id-mapped mounts (\(error.call): \(error.errno))"
        case .kernelFileSystem(let path, let type, let point):
            "cannot grant \(quoted(path)): \(type) is mounted at \(quoted(point)), "
                + "which shows the whole machine"
        case .cannotMapOwners(let path, let error):
            "cannot grant \(quoted(path)): no user namespace for its owner: \(error)"
        case .noMountPoint(let destination, let error):
            "cannot mount at \(quoted(destination)): \(error.errno)"
        case .secretUnreadable(let name, let path, let reason):
            "cannot read the secret \(quoted(name)) from \(quoted(path)): \(reason)"
        case .noOverlay(let path, let error):
            "cannot put changes above \(quoted(path)): \(error)"
        case .failed(let error): "cannot build the sandbox's root: \(error)"
        }
    }

    public var hint: String? {
        switch self {
        case .cannotOpen(_, let error) where error.errno == .ELOOP:
            "a symbolic link is in the path; name what it leads to (readlink -f)"
        case .cannotOpen(_, let error) where error.errno == .ENOENT:
            "create it first, or correct the path"
        case .cannotOpen(_, let error) where error.errno == .ENOTDIR:
            "name a directory"
        case .unsuitable: "grant a directory or a regular file"
        case .notIDMappable:
            "put the files on ext4, xfs or btrfs (tmpfs needs Linux 6.3), or grant them read-only"
        case .kernelFileSystem: "grant the directories beside it, or unmount it first"
        case .noMountPoint(_, let error) where error.errno == .ENOENT:
            "its directory is on a read-only tree; create it there, or mount somewhere else"
        case .noMountPoint(_, let error) where error.errno == .EEXIST || error.errno == .ENOTDIR:
            "a file and a directory cannot be mounted over each other; choose another destination"
        case .secretUnreadable:
            "name a regular file of at most 1 MiB, without symbolic links in its path"
        case .noOverlay(_, let error) where error.errno == .ENODEV:
            "load the kernel's module: modprobe overlay"
        case .noOverlay: "the kernel's log has its reason: dmesg"
        case .failed(let error) where error.errno == .EPERM: "run as root: see bulkhead doctor"
        case .cannotOpen, .cannotMapOwners, .noMountPoint, .failed: nil
        }
    }
}
