import Testing

@testable import Cgroups

@Suite struct CgroupHostTests {
    static let unified = delegated("/sys/fs/cgroup").merging(["/proc/self/cgroup": "0::/\n"]) {
        $1
    }

    @Test func whereSystemdIsPID1ItMakesTheCgroup() throws {
        let fixture = try Fixture(Self.unified.merging(["/run/systemd/system/": ""]) { $1 })
        let host = try CgroupHost(parent: nil, files: fixture.host())
        #expect(host.driver == .systemd)
        #expect(host.hierarchy == .unified)
        #expect(host.mountPoint == "/sys/fs/cgroup")
        #expect(host.controllers == [.cpu, .io, .memory, .pids])
        #expect(host.missingControllers() == [])
    }

    @Test func elsewhereItIsMadeBelowOurOwn() throws {
        let fixture = try Fixture(
            delegated("/sys/fs/cgroup").merging(delegated("/sys/fs/cgroup/ci/job", "memory pids")) {
                $1
            }
            .merging(["/proc/self/cgroup": "1:name=x:/\n0::/ci/job\n"]) { $1 })
        let host = try CgroupHost(parent: nil, files: fixture.host())
        #expect(host.driver == .cgroupfs)
        #expect(host.parentPath == "/sys/fs/cgroup/ci/job")
        #expect(host.controllers == [.memory, .pids])
        #expect(
            host.missingControllers() == [
                MissingController(.cpu, .notDelegated(cgroup: "/sys/fs/cgroup/ci/job")),
                MissingController(.io, .notDelegated(cgroup: "/sys/fs/cgroup/ci/job")),
            ])
    }

    @Test func aParentThatWasGivenGoesBeforeSystemd() throws {
        let fixture = try Fixture(
            Self.unified.merging(["/run/systemd/system/": ""]) { $1 }
                .merging(delegated("/sys/fs/cgroup/mine", "pids")) { $1 })
        let host = try CgroupHost(parent: "/sys/fs/cgroup/mine", files: fixture.host())
        #expect(host.driver == .cgroupfs)
        #expect(host.parentPath == "/sys/fs/cgroup/mine")
        #expect(host.controllers == [.pids])
    }

    @Test func aHybridHostSaysThatVersion1HoldsTheControllers() throws {
        let fixture = try Fixture(
            delegated("/sys/fs/cgroup/unified", "hugetlb").merging([
                "/proc/self/cgroup": "0::/\n",
                "/proc/cgroups": """
                #subsys_name\thierarchy\tnum_cgroups\tenabled
                cpu\t1\t1\t1
                blkio\t7\t1\t1
                memory\t0\t12\t0

                """,
            ]) { $1 })
        let host = try CgroupHost(
            parent: nil, files: fixture.host(cgroup2: "/sys/fs/cgroup/unified"))
        #expect(host.driver == .cgroupfs)
        #expect(host.hierarchy == .hybrid)
        #expect(
            host.missingControllers() == [
                MissingController(.cpu, .inVersion1), MissingController(.io, .inVersion1),
                MissingController(.memory, .disabled), MissingController(.pids, .notInKernel),
            ])
    }

    @Test func withoutCgroup2NoneCanBeMade() throws {
        let fixture = try Fixture(["/proc/self/mountinfo": ""])
        let host = try CgroupHost(parent: nil, files: fixture.host(cgroup2: "/nowhere"))
        #expect(host.driver == .none)
        #expect(host.hierarchy == .none)
        #expect(host.obstacle == .noCgroup2)
        #expect(host.missingControllers().allSatisfy { $0.reason == .noCgroup2 })
    }

    @Test(arguments: ["0::/../other\n", "0::/..\n", "0::/elsewhere\n"])
    func aCgroupOfOursThatCannotBeSeenIsNamed(membership: String) throws {
        let fixture = try Fixture(
            delegated("/sys/fs/cgroup").merging([
                "/proc/self/cgroup": membership, "/proc/self/mountinfo": "",
            ]) { $1 })
        let host = try CgroupHost(parent: nil, files: fixture.host())
        #expect(host.driver == .none)
        let path = membership.contains("elsewhere") ? "/elsewhere" : "/.."
        #expect(host.obstacle == .ownCgroupHidden(path: path))
    }

    @Test func aMountThatBeginsBelowTheRootIsTakenIntoAccount() throws {
        let fixture = try Fixture(
            delegated("/sys/fs/cgroup/job").merging([
                "/sys/fs/cgroup/cgroup.controllers": "",
                "/proc/self/cgroup": "0::/docker/abc/job\n",
                "/proc/self/mountinfo":
                    "31 23 0:28 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
            ]) { $1 })
        let host = try CgroupHost(parent: nil, files: fixture.host())
        #expect(host.parentPath == "/sys/fs/cgroup/job")
    }

    @Test func aParentThatCannotBeUsedIsRefusedWithTheReason() throws {
        let fixture = try Fixture(
            delegated("/sys/fs/cgroup/real").merging(["/tmp/plain/": ""]) { $1 },
            links: ["/sys/fs/cgroup/link": "real"])
        func refusal(_ path: String) -> CgroupError? {
            #expect(throws: CgroupError.self) {
                try CgroupHost(parent: path, files: fixture.host())
            }
        }
        #expect(
            refusal("/tmp/plain")
                == .parentUnusable(path: "/tmp/plain", reason: "is not on a cgroup2 file system"))
        #expect(
            refusal("/sys/fs/cgroup/link")
                == .parentUnusable(
                    path: "/sys/fs/cgroup/link",
                    reason: "ELOOP (a symbolic link is in the way)"))
        #expect(
            refusal("/sys/fs/cgroup/gone")
                == .parentUnusable(
                    path: "/sys/fs/cgroup/gone", reason: "ENOENT (no such file or directory)"))
        #expect(
            refusal("real") == .parentUnusable(path: "real", reason: "is not an absolute path"))
        #expect(
            refusal("/tmp/plain")?.message
                == "--cgroup-parent '/tmp/plain': is not on a cgroup2 file system")
    }

    @Test func mountsAreFoundInMountinfo() {
        let table = """
            31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
            40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
            41 31 0:38 /a\\040b /mnt/c\\134d rw shared:1 master:2 - cgroup2 cgroup2 rw
            42 31 0:38 truncated
            """
        let found = CgroupMount.all(in: table)
        #expect(found.map(\.root) == ["/a b"])
        #expect(found.map(\.path) == ["/mnt/c\\d"])
    }

    @Test func aMountInAnUnusualPlaceIsFound() throws {
        let fixture = try Fixture(
            delegated("/mnt/groups").merging([
                "/proc/self/cgroup": "0::/\n",
                "/proc/self/mountinfo": "41 31 0:38 / /mnt/groups rw - cgroup2 cgroup2 rw\n",
            ]) { $1 })
        let host = try CgroupHost(parent: nil, files: fixture.host(cgroup2: "/mnt/groups"))
        #expect(host.parentPath == "/mnt/groups")
        #expect(host.hierarchy == .hybrid)
    }
}
