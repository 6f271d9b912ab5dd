import Plan
import Testing

@testable import Policy

struct WorkingDirectoryTests {
    @Test func theCurrentDirectoryIsGrantedWritableAtItsOwnPath() throws {
        let plan = try plan()
        #expect(plan.workload.workingDirectory == "/srv/shop")
        #expect(
            plan.sandbox.mounts.last
                == Mount(.host(path: "/srv/shop", .writable, .ownerAsUser), at: "/srv/shop"))
        #expect(plan.workload.writable.contains("/srv/shop"))
    }

    @Test(arguments: ["/home/ada", "/home/eve", "/root"])
    func aHomeDirectoryIsRefusedByDefaultAndTakenWhenItIsMeant(path: String) throws {
        let error = try refusal(on: .debian.standing(in: path))
        #expect(error?.subject == "working directory")
        #expect(
            error?.reason
                == "is a home directory: the command could change its shell's start-up files and keys"
        )
        #expect(
            error?.hint
                == "change to a project's directory, or say --workdir \(path) if you mean it, "
                + "or --workdir /tmp for a private one")
        let meant = try plan { $0.workingDirectory = path }
        #expect(meant.workload.workingDirectory == path)
        #expect(
            meant.mount(at: path) == Mount(.host(path: path, .writable, .ownerAsUser), at: path))
    }

    @Test func theCallersHomeIsOneWhereverItIs() throws {
        var host = HostLayout.debian.standing(in: "/var/lib/ci")
        #expect(try refusal(on: host) == nil)
        host.home = "/var/lib/ci"
        #expect(try refusal(on: host)?.reason.hasPrefix("is a home directory") == true)
    }

    @Test(arguments: ["/home/ada/shop", "/root/shop", "/srv/home", "/homework"])
    func aDirectoryBelowAHomeOrNamedLikeOneIsNoHome(path: String) throws {
        #expect(try plan(on: .debian.standing(in: path)).workload.workingDirectory == path)
    }

    @Test(arguments: [
        "/", "/etc", "/usr", "/usr/bin", "/var", "/home", "/proc", "/proc/1", "/sys/fs/cgroup",
        "/dev", "/dev/shm", "/boot", "/lib64", "/run", "/opt", "/srv", "/mnt",
    ])
    func aDirectoryOfTheSystemIsRefusedEvenWhenItIsMeant(path: String) throws {
        for (subject, error) in [
            ("working directory", try refusal(on: .debian.standing(in: path))),
            ("--workdir", try refusal { $0.workingDirectory = path }),
        ] {
            #expect(
                error
                    == InvalidValue(
                        subject, path,
                        "is a directory of the system and cannot be made writable",
                        hint: "use a project's directory: --workdir DIR, or --workdir /tmp for a "
                            + "private one"))
        }
    }

    @Test(arguments: ["/tmp", "/var/tmp", "/home/user"])
    func aDirectoryThatEverySandboxHasIsItsOwnAndNotTheHosts(path: String) throws {
        let plan = try plan { $0.workingDirectory = path }
        #expect(plan.workload.workingDirectory == path)
        #expect(plan.mount(at: path) == nil)
    }

    @Test func aDirectoryBelowThePrivateOnesIsTheHosts() throws {
        let plan = try plan { $0.workingDirectory = "/tmp/build" }
        #expect(
            plan.mount(at: "/tmp/build")
                == Mount(.host(path: "/tmp/build", .writable, .ownerAsUser), at: "/tmp/build"))
    }

    @Test func aDirectoryInAGrantIsUsedAsTheGrantShowsIt() throws {
        let plan = try plan {
            $0.grants = [.readOnly(path: "/srv/lib", at: "/data")]
            $0.workingDirectory = "/data/deep"
        }
        #expect(plan.workload.workingDirectory == "/data/deep")
        #expect(plan.mount(at: "/data/deep") == nil)
        #expect(!plan.workload.writable.contains("/data/deep"))
    }

    @Test func theCurrentDirectoryInAReadOnlyGrantStaysReadOnly() throws {
        let plan = try plan { $0.grants = [.readOnly(path: "/srv", at: "/srv")] }
        #expect(plan.workload.workingDirectory == "/srv/shop")
        #expect(plan.mount(at: "/srv/shop") == nil)
        #expect(!plan.workload.writable.contains { $0.hasPrefix("/srv") })
    }

    @Test func aRemovedDirectoryIsNotGuessedAt() throws {
        let error = try refusal(on: .debian.standing(in: nil))
        #expect(
            error
                == InvalidValue(
                    "working directory", ".", "the current directory has been removed",
                    hint: "change to a directory that exists, or name one with --workdir DIR"))
        #expect(
            try plan(on: .debian.standing(in: nil)) { $0.workingDirectory = "/srv/a" }
                .workload.workingDirectory == "/srv/a")
    }

    @Test func aRelativeOneBeginsAtTheCurrentDirectory() throws {
        #expect(
            try plan { $0.workingDirectory = "sub/./x/" }.workload.workingDirectory
                == "/srv/shop/sub/x")
        #expect(
            try plan { $0.workingDirectory = "../other" }.workload.workingDirectory == "/srv/other")
        #expect(try refusal { $0.workingDirectory = ".." }?.value == "'/srv'")
    }

    @Test func climbingBehindANameIsRefused() throws {
        let error = try refusal { $0.workingDirectory = "/srv/a/../b" }
        #expect(error?.subject == "--workdir")
        #expect(error?.reason == "contains '..'")
        #expect(error?.hint == "write the path that it leads to, without '..'")
    }
}
