public import Plan
public import Syscalls

/// Why a sandbox has no cgroup, or not the one it asked for.
public enum CgroupError: Error, Hashable, Sendable {
    /// A limit was asked for whose controller this host does not offer.
    case controllerMissing(MissingController, limit: String)
    /// No cgroup2 file system is mounted.
    case noCgroup2
    /// /proc/self/cgroup names a cgroup that cannot be seen below the mount point.
    case ownCgroupHidden(path: String)
    /// `--cgroup-parent` cannot be used.
    case parentUnusable(path: String, reason: String)
    /// Processes sit in the cgroup that should pass controllers on.
    case innerProcesses(cgroup: String)
    /// The cgroup file system is read-only, or not ours.
    case notWritable(SystemCallError)
    /// Another sandbox has the name.
    case alreadyRunning(SandboxName)
    /// The path of `--io` leads to no block device that can be limited.
    case noBlockDevice(path: String, reason: String)
    /// The kernel knows no such control file.
    case limitUnknown(file: String, value: String)
    /// The kernel refuses the value.
    case limitRefused(file: String, value: String, errno: Errno)
    /// The control file says something else than what was asked for.
    case limitNotInForce(file: String, asked: String, found: String)
    /// libsystemd or the bus cannot be reached.
    case busUnreachable(reason: String)
    /// systemd's own error.
    case systemdRefused(operation: String, name: String, text: String)
    /// systemd did not answer in time.
    case systemdSilent(operation: String, milliseconds: Int64)
    /// The process is not in the scope that systemd says it made.
    case notInScope(unit: String, found: String)
    /// Processes stay in the cgroup although they were killed.
    case notRemoved(path: String, milliseconds: Int64)
    /// Processes are in a cgroup that should be made.
    case inUse(path: String)
    /// A limit on memory below what is in use.
    case limitBelowUse(asked: Bytes, used: Bytes)
    /// Processes that could not be stopped in time.
    case notFrozen(path: String, milliseconds: Int64)
    /// A project's cgroup that is not there, or not the one that is meant.
    case notThatCgroup(path: String)
    case failed(SystemCallError)
}

extension CgroupError: Diagnosable {
    public var message: String {
        switch self {
        case .controllerMissing(let missing, let limit):
            "\(limit) cannot be enforced: \(missing.message)"
        case .noCgroup2:
            "no cgroup can be made: no cgroup2 file system is mounted"
        case .ownCgroupHidden(let path):
            "no cgroup can be made: our own, \(quoted(path)), is not below the mount point"
        case .parentUnusable(let path, let reason):
            "--cgroup-parent \(quoted(path)): \(reason)"
        case .innerProcesses(let cgroup):
            "no limits can be set below the cgroup \(quoted(cgroup)): processes sit in it"
        case .notWritable(let error):
            "no cgroup can be made: \(error)"
        case .alreadyRunning(let name):
            "a sandbox named \(quoted(name.text)) is running already"
        case .noBlockDevice(let path, let reason):
            "--io \(quoted(path)): \(reason)"
        case .limitUnknown(let file, _):
            "\(file) cannot be enforced: this kernel has no such file"
        case .limitRefused(let file, let value, let errno):
            "the kernel refuses \(quoted(value)) for \(file): \(errno)"
        case .limitNotInForce(let file, let asked, let found):
            "\(file) is \(quoted(found)) although \(quoted(asked)) was asked for"
        case .busUnreachable(let reason):
            "systemd cannot be reached: \(reason)"
        case .systemdRefused(let operation, let name, let text):
            "systemd refuses \(operation): \(quoted(text)) (\(name))"
        case .systemdSilent(let operation, let milliseconds):
            "systemd did not finish \(operation) within \(milliseconds) ms"
        case .notInScope(let unit, let found):
            "systemd made \(unit), but its process is in \(quoted(found))"
        case .notRemoved(let path, let milliseconds):
            "the cgroup \(quoted(path)) still holds processes \(milliseconds) ms after they were "
                + "killed"
        case .inUse(let path):
            "processes are in the cgroup \(quoted(path))"
        case .limitBelowUse(let asked, let used):
            "memory.max \(asked) is below the \(used) that are in use"
        case .notFrozen(let path, let milliseconds):
            "the processes of \(quoted(path)) did not all stop within \(milliseconds) ms"
        case .notThatCgroup(let path):
            "the cgroup \(quoted(path)) is not there"
        case .failed(let error): "\(error)"
        }
    }

    public var hint: String? {
        let unlimited = "or run without limits: --allow-unlimited"
        return switch self {
        case .controllerMissing(let missing, _):
            missing.hint.map { "\($0); \(unlimited)" }
        case .noCgroup2:
            "mount it: mount -t cgroup2 cgroup2 /sys/fs/cgroup; \(unlimited)"
        case .ownCgroupHidden:
            "name a cgroup that is visible here with --cgroup-parent"
        case .parentUnusable:
            "name a directory of the cgroup2 file system, without symbolic links in its path"
        case .innerProcesses:
            "move them to a cgroup below it (cgroups(7), no internal processes), or name a cgroup "
                + "without processes with --cgroup-parent"
        case .notWritable:
            "run as root with the cgroup2 file system mounted writable; \(unlimited)"
        case .alreadyRunning:
            "choose another --name, or leave it out to have one made"
        case .noBlockDevice:
            "name a path on a file system of one block device, or the device itself"
        case .limitUnknown(let file, _):
            file == "memory.swap.max"
                ? "boot with swapaccount=1 on the kernel command line, or switch swap off (swapoff "
                    + "-a); \(unlimited)"
                : unlimited
        case .limitRefused("cpuset.cpus", _, _):
            "this machine has those in /sys/devices/system/cpu/online"
        case .limitRefused: nil
        case .limitNotInForce:
            "systemctl --version and journalctl -u init.scope -b may say why"
        case .busUnreachable:
            "install and start dbus (systemctl start dbus.socket), or name a cgroup of your own "
                + "with --cgroup-parent"
        case .systemdRefused(_, let name, _):
            name == "org.freedesktop.DBus.Error.AccessDenied" ? "run as root" : nil
        case .systemdSilent:
            "systemctl list-jobs shows what it waits for"
        case .notInScope:
            "systemctl status of the process shows who moved it"
        case .notRemoved:
            "a process in an uninterruptible sleep (state D in ps) cannot be killed"
        case .inUse:
            "end them; systemd-cgls shows what they are"
        case .limitBelowUse:
            "it takes effect when the project is started again"
        case .notFrozen:
            "a process in an uninterruptible sleep (state D in ps) stops when that is over"
        case .notThatCgroup, .failed: nil
        }
    }
}
