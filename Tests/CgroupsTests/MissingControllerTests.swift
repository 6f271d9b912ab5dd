import Testing

@testable import Cgroups

@Suite struct MissingControllerTests {
    @Test(
        arguments: [
            (
                .noCgroup2, "no cgroup2 file system is mounted",
                "mount it: mount -t cgroup2 cgroup2 /sys/fs/cgroup"
            ),
            (
                .inVersion1, "cgroup v1 holds it (/proc/cgroups)",
                "boot with systemd.unified_cgroup_hierarchy=1 on the kernel command line (without "
                    + "systemd: cgroup_no_v1=all)"
            ),
            (
                .disabled, "it is disabled on the kernel command line",
                "take cgroup_disable=blkio off the kernel command line and boot again (some "
                    + "firmware adds it; cgroup_enable=blkio undoes it)"
            ),
            (
                .notInKernel, "this kernel does not have it",
                "boot a kernel that is built with CONFIG_BLK_CGROUP and CONFIG_BLK_DEV_THROTTLING"
            ),
            (
                .notDelegated(cgroup: "/sys/fs/cgroup/a"),
                "it is not delegated to the cgroup '/sys/fs/cgroup/a'",
                "set Delegate=yes in the systemd unit it belongs to, or as root write +io to "
                    + "cgroup.subtree_control of each cgroup above it"
            ),
        ] as [(MissingController.Reason, String, String)])
    func theReasonIsNamedAndTheWayOutIsToo(
        reason: MissingController.Reason, message: String, hint: String
    ) {
        let missing = MissingController(.io, reason)
        #expect(missing.message == "the io controller is missing: " + message)
        #expect(missing.hint == hint)
        let error = CgroupError.controllerMissing(missing, limit: "io.max")
        #expect(error.message == "io.max cannot be enforced: \(missing.message)")
        #expect(error.hint == "\(hint); or run without limits: --allow-unlimited")
    }
}
