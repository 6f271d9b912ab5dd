@testable import Doctor
import Syscalls
import Testing

@Suite struct StorageTests {
    private let table = MountTable(
        parsing: #"""
            22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,prjquota
            23 22 254:2 / /var rw - xfs /dev/vdb rw,attr2,noquota
            24 22 0:25 / /tmp rw,nosuid - tmpfs tmpfs rw,size=100k
            25 22 0:26 / /srv/a\040b rw shared:7 master:3 - btrfs /dev/vdc rw
            26 22 0:27 / /tmp rw - overlay overlay rw,lowerdir=/x
            27 22 0:28 / /proc rw - proc proc rw
            nonsense
            28 22 0:29 / /cut rw -
            """#)

    @Test func theDeepestMountAboveAPathHoldsIt() {
        #expect(table.entry(holding: "/")?.source == "/dev/vda1")
        #expect(table.entry(holding: "/home")?.source == "/dev/vda1")
        #expect(table.entry(holding: "/var/lib")?.type == "xfs")
        #expect(table.entry(holding: "/variety")?.source == "/dev/vda1")
        #expect(table.entry(holding: "/srv/a b/c")?.type == "btrfs")
    }

    @Test func ofTwoMountsAtOnePlaceTheLaterCoversTheOther() {
        #expect(table.entry(holding: "/tmp/x")?.type == "overlay")
    }

    @Test func eachFileSystemInUseIsLookedAtOnce() {
        let storage = StorageFindings(table: table, currentDirectory: "/opt/shop")
        #expect(storage.inUse.map(\.entry.point) == ["/", "/tmp", "/var"])
        #expect(storage.inUse[0].places == ["/", "/home", "/srv", "/opt/shop"])
    }

    @Test func theKernelsOwnFileSystemsHoldNobodysFiles() {
        let storage = StorageFindings(table: table, currentDirectory: "/proc")
        #expect(!storage.inUse.contains { $0.entry.type == "proc" })
    }

    private func entry(_ type: String, _ options: [String]) -> MountTable.Entry {
        MountTable.Entry(point: "/d", type: type, source: "/dev/x", options: options)
    }

    @Test func projectQuotaCountsOnlyWhereItIsEnforced() {
        let quota = { StorageFindings.quota("/d", $0, counted: $1) }
        #expect(
            quota(entry("ext4", ["rw", "prjquota"]), true)
                == Finding(.ok, "disk quota", "/d: project quota"))
        #expect(quota(entry("xfs", ["pquota"]), true)?.status == .ok)
        #expect(quota(entry("ext4", ["rw"]), true)?.advice == "mount it with the option prjquota")
        #expect(
            quota(entry("ext4", ["rw"]), false)?.advice
                == "unmounted: tune2fs -O project,quota -Q prjquota /dev/x; then mount it with prjquota"
        )
        #expect(quota(entry("ext4", ["prjquota"]), false)?.status == .degraded)
        #expect(quota(entry("btrfs", []), false)?.advice == nil)
        #expect(quota(entry("tmpfs", []), false) == nil)
    }

    @Test func ownersThatCannotBeMappedMatterMostInTheCurrentDirectory() {
        let failure = SystemCallError("mount_setattr", on: "/d", .EINVAL)
        let here = StorageFindings.ownerMapping("/d (overlay)", probe: failure, needed: true)
        #expect(here.status == .missing)
        #expect(
            here.found
                == "/d (overlay), or a mount below it: mount_setattr: EINVAL (invalid argument)")
        #expect(
            StorageFindings.ownerMapping("/d", probe: failure, needed: false).status == .degraded)
        #expect(StorageFindings.ownerMapping("/d", probe: nil, needed: true).status == .ok)
    }
}
