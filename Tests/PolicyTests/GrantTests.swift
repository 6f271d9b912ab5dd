import Plan
import Testing

@testable import Policy

struct GrantTests {
    private func own(_ plan: LaunchPlan) -> [String] {
        let system = Set(try! Self.system.map(\.destination))
        return plan.sandbox.mounts.map(\.destination).filter { !system.contains($0) }
    }
    private static var system: [Mount] {
        get throws { try plan { $0.workingDirectory = "/tmp" }.sandbox.mounts }
    }

    @Test func aDirectoryIsMountedBeforeWhatIsMountedInIt() throws {
        let plan = try plan {
            $0.grants = [
                .readOnly(path: "/a", at: "/data/in/deep"), .tmpfs(at: "/data/in", size: nil),
                .writable(path: "/b", at: "/data"), .readOnly(path: "/c", at: "/srv/shop/lib"),
            ]
        }
        #expect(own(plan) == ["/data", "/data/in", "/srv/shop", "/data/in/deep", "/srv/shop/lib"])
    }

    @Test func whatIsGrantedComesAfterTheSystem() throws {
        let plan = try plan { $0.grants = [.readOnly(path: "/x", at: "/usr/local/x")] }
        let places = plan.sandbox.mounts.map(\.destination)
        #expect(places.firstIndex(of: "/usr")! < places.firstIndex(of: "/usr/local/x")!)
        #expect(places.firstIndex(of: "/sys/fs/cgroup")! < places.firstIndex(of: "/usr/local/x")!)
    }

    @Test func readOnlyAndWritableDifferAndLandlockKnows() throws {
        let plan = try plan {
            $0.grants = [
                .readOnly(path: "/a", at: "/ro"), .writable(path: "/b", at: "/rw"),
                .tmpfs(at: "/t", size: .mebibytes(3)),
            ]
        }
        #expect(plan.mount(at: "/ro")?.source == .host(path: "/a", .readOnly, .ownerAsUser))
        #expect(plan.mount(at: "/rw")?.source == .host(path: "/b", .writable, .ownerAsUser))
        #expect(plan.mount(at: "/t")?.source == .tmpfs(size: .mebibytes(3)))
        #expect(
            plan.workload.writable == [
                "/tmp", "/var/tmp", "/dev", "/run", "/proc", "/home/user", "/rw", "/t", "/srv/shop",
            ])
    }

    @Test func aTmpfsWithoutASizeMayHoldHalfOfTheMemory() throws {
        let standard = try plan { $0.grants = [.tmpfs(at: "/t", size: nil)] }
        #expect(standard.mount(at: "/t")?.source == .tmpfs(size: .mebibytes(256)))
        #expect(standard.sandbox.root.size == .mebibytes(256))
        #expect(standard.sandbox.root.inodes == 32_768)
        let small = try plan {
            $0.limits.memoryMax = .mebibytes(2)
            $0.grants = [.tmpfs(at: "/t", size: nil)]
        }
        #expect(small.mount(at: "/t")?.source == .tmpfs(size: .mebibytes(1)))
        #expect(small.sandbox.root.inodes == 1_024, "too few for the devices otherwise")
        #expect(try plan { $0.limits.memoryMax = nil }.sandbox.root.size == .mebibytes(512))
        let huge = try plan { $0.limits.memoryMax = Bytes(.max) }
        #expect(huge.sandbox.root.size == .gibibytes(64))
    }

    @Test func oneDestinationIsGrantedOnce() throws {
        let error = try refusal {
            $0.grants = [.readOnly(path: "/a", at: "/x"), .tmpfs(at: "/x/", size: nil)]
        }
        #expect(
            error
                == InvalidValue(
                    "--tmpfs", "/x", "is mounted twice", hint: "give each destination once"))
    }

    @Test func theSameSourceMayBeGrantedTwice() throws {
        #expect(
            try refusal {
                $0.grants = [.readOnly(path: "/a", at: "/x"), .writable(path: "/a", at: "/y")]
            } == nil)
    }

    @Test func nothingCoversTheRoot() throws {
        for at in ["/", "//", "/."] {
            let error = try refusal { $0.grants = [.tmpfs(at: at, size: nil)] }
            #expect(
                error
                    == InvalidValue(
                        "--tmpfs", "/", "would cover the sandbox's root",
                        hint: "use --root DIR for another root file system"))
        }
    }

    @Test(arguments: ["/proc", "/proc/sys", "/sys", "/sys/fs/cgroup", "/dev", "/dev/shm/x"])
    func nothingIsMountedInTheKernelsTrees(at: String) throws {
        let tree = "/" + at.split(separator: "/")[0]
        for grant in [
            Grant.readOnly(path: "/a", at: at), .writable(path: "/a", at: at),
            .tmpfs(at: at, size: nil),
        ] {
            let error = try refusal { $0.grants = [grant] }
            #expect(error?.reason == "lies in \(tree), which belongs to the sandbox itself")
            #expect(error?.hint == "mount it somewhere else, for example at /mnt")
        }
    }

    @Test(arguments: ["/process", "/device", "/system", "/mnt/proc", "/srv/dev"])
    func aNameThatOnlyBeginsLikeAKernelTreeIsFree(at: String) throws {
        #expect(try refusal { $0.grants = [.tmpfs(at: at, size: nil)] } == nil)
    }

    @Test(arguments: [
        "/", "/etc", "/usr", "/usr/bin", "/var", "/home", "/proc/sys", "/sys", "/dev",
    ])
    func noDirectoryOfTheSystemIsGrantedWritableUnderAnyName(path: String) throws {
        let error = try refusal { $0.grants = [.writable(path: path, at: "/mnt")] }
        #expect(error?.subject == "--rw")
        #expect(error?.value == "'\(path)'")
        #expect(error?.reason == "is a directory of the system and cannot be made writable")
    }

    @Test func aDestinationIsAbsoluteAndDoesNotClimb() throws {
        let relative = try refusal { $0.grants = [.tmpfs(at: "data", size: nil)] }
        #expect(relative?.subject == "--tmpfs")
        #expect(relative?.reason == "is not an absolute path")
        let climbing = try refusal { $0.grants = [.readOnly(path: "/a", at: "/x/../etc")] }
        #expect(climbing?.subject == "--ro")
        #expect(climbing?.reason == "contains '..'")
    }

    @Test func aSourceBeginsAtTheCurrentDirectory() throws {
        let plan = try plan { $0.grants = [.readOnly(path: "vendor", at: "/vendor")] }
        #expect(
            plan.mount(at: "/vendor")?.source
                == .host(path: "/srv/shop/vendor", .readOnly, .ownerAsUser))
        let error = try refusal(on: .debian.standing(in: nil)) {
            $0.grants = [.readOnly(path: "vendor", at: "/vendor")]
            $0.workingDirectory = "/srv/a"
        }
        #expect(error?.subject == "--ro")
        #expect(error?.reason == "is relative, and the current directory is gone")
    }

    @Test(arguments: ["/", "/etc", "/boot", "/run", "/run/dbus", "/var", "/var/run"])
    func aDirectoryWithTheMachinesSecretsIsNotEvenShown(path: String) throws {
        let error = try refusal { $0.grants = [.readOnly(path: path, at: "/mnt")] }
        #expect(
            error
                == InvalidValue(
                    "--ro", path, "holds the machine's secrets, and a grant would show them",
                    hint: "grant what is needed of it, by its own path"))
    }

    @Test(arguments: ["/proc", "/proc/1/root", "/sys/fs/cgroup", "/dev/sda"])
    func nothingOfTheKernelsTreesIsShown(path: String) throws {
        let tree = "/" + path.split(separator: "/")[0]
        let error = try refusal { $0.grants = [.readOnly(path: path, at: "/mnt")] }
        #expect(error?.reason == "lies in \(tree): the kernel's view of the whole machine")
        #expect(error?.hint == "a sandbox has a /proc and a /dev of its own, and no /sys")
    }

    @Test(arguments: [
        "/etc/ssh", "/usr/share/x", "/usr/local/lib", "/boot/efi", "/run/systemd/system",
        "/var/lib/dpkg/info", "/var/spool/cron/crontabs", "/lib/modules",
    ])
    func whatLiesInATreeOfTheSystemIsNotGrantedWritable(path: String) throws {
        let error = try refusal { $0.grants = [.writable(path: path, at: "/mnt")] }
        #expect(error?.reason == "is a directory of the system and cannot be made writable")
        #expect(try refusal(on: .debian.standing(in: path))?.subject == "working directory")
    }

    @Test(arguments: ["/usr/src/linux", "/usr/local/src/x", "/var/lib/ci", "/opt/x", "/etcetera"])
    func whatOnlyLooksLikeTheSystemIsGranted(path: String) throws {
        #expect(try refusal { $0.grants = [.writable(path: path, at: "/mnt")] } == nil)
    }

    @Test func fileCapabilitiesThatWouldHoldOnTheHostAreRefused() throws {
        let error = try refusal {
            $0.identity = Identity(user: 0, group: 0)
            $0.capabilities = ["CAP_CHOWN", "CAP_SETFCAP"]
        }
        #expect(
            error
                == InvalidValue(
                    "--cap", "CAP_SETFCAP",
                    "with --user 0 could set file capabilities for the host",
                    hint: "leave one of them out"))
        #expect(try refusal { $0.capabilities = ["CAP_SETFCAP"] } == nil)
    }
}
