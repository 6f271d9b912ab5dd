import Plan
import Testing

@testable import Policy

struct RootTests {
    @Test func theFirstLevelIsTheHosts() throws {
        let plan = try plan()
        #expect(plan.entry("bin")?.kind == .link(target: "usr/bin"))
        #expect(plan.entry("lib64")?.kind == .link(target: "usr/lib64"))
        #expect(plan.entry("usr") == nil, "a directory is a mount and its place is made for it")
        #expect(
            plan.sandbox.mounts[0] == Mount(.host(path: "/usr", .readOnly, .unmapped), at: "/usr"))
    }

    @Test func parentsComeBeforeWhatTheyContain() throws {
        var seen: Set<String> = []
        for entry in try plan().sandbox.root.entries {
            let parent = entry.path.split(separator: "/").dropLast().joined(separator: "/")
            #expect(parent.isEmpty || seen.contains(parent), "\(entry.path)")
            #expect(seen.insert(entry.path).inserted, "\(entry.path) twice")
        }
    }

    @Test func nothingInDevIsTheSandboxes() throws {
        let entries = try plan().sandbox.root.entries.filter {
            $0.path.split(separator: "/")[0] == "dev"
        }
        #expect(entries.count > 10)
        #expect(entries.allSatisfy { $0.owner == .host })
        let devices = entries.compactMap { entry -> String? in
            if case .device(let major, let minor) = entry.kind {
                return "\(entry.path) \(major):\(minor)"
            }
            return nil
        }
        #expect(
            devices == [
                "dev/null 1:3", "dev/zero 1:5", "dev/full 1:7", "dev/random 1:8",
                "dev/urandom 1:9", "dev/tty 5:0",
            ])
    }

    @Test func theUserIsInThePasswordFile() throws {
        let plan = try plan()
        #expect(
            plan.file("etc/passwd")
                == "root:x:0:0:root:/root:/bin/sh\n"
                + "user:x:1000:1000::/home/user:/bin/sh\n"
                + "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n")
        #expect(plan.file("etc/group") == "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n")
        #expect(plan.entry("home/user")?.owner == .user)
    }

    @Test func rootIsNotAddedTwice() throws {
        let root = try plan { $0.identity = Identity(user: 0, group: 0) }
        #expect(
            root.file("etc/passwd")
                == "root:x:0:0:root:/root:/bin/sh\n"
                + "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n")
        #expect(root.file("etc/group") == "root:x:0:\nnogroup:x:65534:\n")
    }

    @Test func userAndGroupAreNamedEachForItself() throws {
        let rootGroup = try plan { $0.identity = Identity(user: 5, group: 0) }
        #expect(rootGroup.file("etc/passwd")?.contains("user:x:5:0::/home/user:/bin/sh\n") == true)
        #expect(rootGroup.file("etc/group") == "root:x:0:\nnogroup:x:65534:\n")
        let rootUser = try plan { $0.identity = Identity(user: 0, group: 7) }
        #expect(rootUser.file("etc/passwd")?.contains("user:") == false)
        #expect(rootUser.file("etc/group") == "root:x:0:\nuser:x:7:\nnogroup:x:65534:\n")
    }

    @Test func theHostNameIsKnownToItself() throws {
        let plan = try plan { $0.hostname = "box" }
        #expect(plan.file("etc/hostname") == "box\n")
        #expect(plan.file("etc/hosts") == "127.0.0.1 localhost box\n::1 localhost box\n")
    }

    @Test func theTimeZoneIsTheHostsWhereThatIsALink() throws {
        #expect(
            try plan().entry("etc/localtime")?.kind
                == .link(target: "/usr/share/zoneinfo/Europe/Berlin"))
        var host = HostLayout.debian
        host.timeZone = nil
        #expect(try plan(on: host).entry("etc/localtime") == nil)
    }

    @Test func nameServersComeWithTheHostsNetworkOnly() throws {
        let isolated = try plan()
        #expect(isolated.mount(at: "/etc/resolv.conf") == nil)
        #expect(
            isolated.mount(at: "/etc/ssl")
                == Mount(.host(path: "/etc/ssl", .readOnly, .unmapped), at: "/etc/ssl"))
        let open = try plan { $0.network = .host }
        #expect(open.mount(at: "/etc/resolv.conf") != nil)
    }

    @Test func aRootOfItsOwnBringsItsDirectoriesWithTheirUsersAndItsConfiguration() throws {
        var image = HostLayout.debian
        image.topLevel = [
            "bin": .link(target: "usr/bin"), "etc": .directory, "usr": .directory,
            "var": .directory,
        ]
        let plan = try plan(on: image) { $0.root = "/srv/images/alpine" }
        let host = plan.sandbox.mounts.compactMap { mount -> String? in
            guard case .host(let path, let access, let owners) = mount.source else { return nil }
            return "\(mount.destination) \(path) \(access.rawValue) \(owners)"
        }
        #expect(
            host == [
                "/etc /srv/images/alpine/etc read-only sameNumbers",
                "/usr /srv/images/alpine/usr read-only sameNumbers",
                "/var /srv/images/alpine/var read-only sameNumbers",
                "/srv/shop /srv/shop writable ownerAsUser",
            ])
        #expect(plan.entry("etc/passwd") == nil)
        #expect(plan.entry("var/tmp") == nil)
        #expect(plan.entry("bin")?.kind == .link(target: "usr/bin"))
    }

    @Test func theHostsRootAsTheRootHasNoDoubledSlash() throws {
        let plan = try plan { $0.root = "/" }
        #expect(
            plan.sandbox.mounts[0]
                == Mount(.host(path: "/usr", .readOnly, .sameNumbers), at: "/usr"))
    }

    @Test func whatTellsOfTheWholeMachineIsHiddenAndWhatReachesItIsReadOnly() throws {
        let mounts = try plan().sandbox.mounts
        let proc = mounts.firstIndex(of: Mount(.proc, at: "/proc"))!
        for path in ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/interrupts"] {
            #expect(mounts.firstIndex(of: Mount(.mask, at: path))! > proc)
        }
        for path in ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs"] {
            #expect(mounts.firstIndex(of: Mount(.readOnlyAgain, at: path))! > proc)
        }
        // A mask needs the empty directory at which the cgroup's file system is mounted later.
        let lastMask = mounts.lastIndex { $0.source == .mask }!
        #expect(mounts.firstIndex(of: Mount(.cgroup, at: "/sys/fs/cgroup"))! > lastMask)
    }
}
