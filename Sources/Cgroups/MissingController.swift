public import Plan

/// A controller that no cgroup of ours can have on this host, why, and the way to get it.
public struct MissingController: Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        /// No cgroup2 file system is mounted.
        case noCgroup2
        /// A hierarchy of version 1 has taken it.
        case inVersion1
        /// `cgroup_disable=` on the kernel command line.
        case disabled
        /// The kernel knows no such controller.
        case notInKernel
        /// The kernel has it, but `cgroup.controllers` of this cgroup does not list it: a cgroup
        /// above does not pass it on.
        case notDelegated(cgroup: String)
    }

    public let controller: Controller
    public let reason: Reason

    public init(_ controller: Controller, _ reason: Reason) {
        self.controller = controller
        self.reason = reason
    }
}

extension MissingController: Diagnosable {
    public var message: String {
        switch reason {
        case .noCgroup2:
            "the \(controller.rawValue) controller is missing: no cgroup2 file system is mounted"
        case .inVersion1:
            "the \(controller.rawValue) controller is missing: cgroup v1 holds it (/proc/cgroups)"
        case .disabled:
            "the \(controller.rawValue) controller is missing: it is disabled on the kernel "
                + "command line"
        case .notInKernel:
            "the \(controller.rawValue) controller is missing: this kernel does not have it"
        case .notDelegated(let cgroup):
            "the \(controller.rawValue) controller is missing: it is not delegated to the cgroup "
                + quoted(cgroup)
        }
    }

    public var hint: String? {
        switch reason {
        case .noCgroup2:
            "mount it: mount -t cgroup2 cgroup2 /sys/fs/cgroup"
        case .inVersion1:
            "boot with systemd.unified_cgroup_hierarchy=1 on the kernel command line (without "
                + "systemd: cgroup_no_v1=all)"
        case .disabled:
            "take cgroup_disable=\(controller.nameInVersion1) off the kernel command line and boot "
                + "again (some firmware adds it; cgroup_enable=\(controller.nameInVersion1) undoes it)"
        case .notInKernel:
            "boot a kernel that is built with \(controller.buildOptions)"
        case .notDelegated:
            "set Delegate=yes in the systemd unit it belongs to, or as root write "
                + "+\(controller.rawValue) to cgroup.subtree_control of each cgroup above it"
        }
    }
}

extension MissingController {
    /// The reason, from /proc/cgroups and the controllers at the root of the mount.
    ///
    /// - Parameters:
    ///   - table: the content of /proc/cgroups, empty where there is none.
    ///   - root: what `cgroup.controllers` at the mount point lists; nil: nothing is mounted.
    ///   - cgroup: the cgroup that lacks it.
    init(_ controller: Controller, table: String, root: Set<Controller>?, cgroup: String) {
        self.controller = controller
        guard let root else {
            reason = .noCgroup2
            return
        }
        if root.contains(controller) {
            reason = .notDelegated(cgroup: cgroup)
            return
        }
        for line in table.utf8.split(separator: UInt8(ascii: "\n")) {
            // subsys_name, hierarchy, num_cgroups, enabled: cgroups(7).
            let fields = line.split(separator: UInt8(ascii: "\t"))
            guard fields.count == 4, fields[0].elementsEqual(controller.nameInVersion1.utf8) else {
                continue
            }
            if fields[3].elementsEqual("0".utf8) {
                reason = .disabled
                return
            }
            if !fields[1].elementsEqual("0".utf8) {
                reason = .inVersion1
                return
            }
        }
        // From 6.14 on the file lists controllers of version 1 only, so absence proves nothing by
        // itself; but the root would list a controller that no older hierarchy has.
        reason = .notInKernel
    }
}
