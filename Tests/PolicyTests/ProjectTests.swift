import Plan
import Testing

@testable import Policy

/// What a project's sandbox and its commands are made of.
struct ProjectTests {
    private func project(
        _ change: (inout ProjectPolicy) throws -> Void = { _ in }
    ) throws -> ProjectPolicy {
        var policy = ProjectPolicy(name: try ProjectName("API-gw.v2"), path: "/srv/api")
        try change(&policy)
        return policy
    }

    private func sandbox(
        _ change: (inout ProjectPolicy) throws -> Void = { _ in }
    ) throws -> SandboxPlan { try SandboxPlan(try project(change), on: .debian) }

    private func refusal(
        _ change: (inout ProjectPolicy) throws -> Void
    ) throws -> InvalidValue? {
        do {
            _ = try sandbox(change)
            return nil
        } catch let error as InvalidValue { return error }
    }

    @Test func itWorksInItsDirectoryAtItsOwnPath() throws {
        let plan = try sandbox()
        #expect(
            plan.mounts.last
                == Mount(.host(path: "/srv/api", .writable, .ownerAsUser), at: "/srv/api"))
        #expect(plan.hostname == "api-gw-v2")
        #expect(plan.root.entries.last == .init("run/bulkhead", .directory(mode: 0o755)))
        let command = try WorkloadPlan(CommandOrder(["make"]), in: try project())
        #expect(command.workingDirectory == "/srv/api")
        #expect(command.writable.contains("/srv/api"))
        #expect(command.candidates.contains("/usr/bin/make"))
    }

    @Test(arguments: ["/", "/etc", "/usr/lib/x", "/var/lib/bulkhead/x", "/proc/1", "/home"])
    func aDirectoryOfTheSystemIsNoProjects(path: String) throws {
        let error = try refusal { $0.path = path }
        #expect(
            error
                == InvalidValue(
                    "path", path, "is a directory of the system and cannot be made writable",
                    hint: "name a directory of the project's own"))
    }

    @Test func mountsAreInTheConfigurationsWords() throws {
        let system = try refusal { $0.mounts = [.writable(path: "/etc", at: "/data")] }
        #expect(system?.subject == "mounts")
        let twice = try refusal { $0.mounts = [.tmpfs(at: "/srv/api", size: nil)] }
        #expect(twice?.reason == "is mounted twice")
        let relative = try refusal { $0.mounts = [.readOnly(path: "data", at: "/data")] }
        #expect(relative?.subject == "mounts")
        let root = try refusal { $0.mounts = [.readOnly(path: "/data", at: "/")] }
        #expect(root?.hint == "use root: DIR for another root file system")
        for reserved in ["/run/secrets", "/run/bulkhead/x"] {
            let error = try refusal { $0.mounts = [.tmpfs(at: reserved, size: nil)] }
            #expect(error?.reason.hasSuffix("which belongs to the supervisor") == true)
        }
    }

    @Test func secretsArePathsInThePlanAndNothingElse() throws {
        let secrets = [
            Secret(name: try WorkloadName("key"), path: "/etc/keys/api"),
            Secret(name: try WorkloadName("token"), path: "/etc/keys/token"),
        ]
        let plan = try sandbox { $0.secrets = secrets }
        #expect(plan.mounts.last == Mount(.secrets(secrets), at: "/run/secrets"))
        let twice = try refusal { $0.secrets = [secrets[0], secrets[0]] }
        #expect(twice?.reason == "is there twice")
        let none = try sandbox()
        #expect(!none.mounts.contains { $0.destination == "/run/secrets" })
    }

    @Test func aServiceIsItsProjectsWhereItSaysNothing() throws {
        var service = ServicePolicy(name: try WorkloadName("web"), command: ["serve", "--now"])
        service.environment = [EnvironmentVariable(name: "B", value: "2")]
        service.limits.pidsMax = 5
        let policy = try project {
            $0.environment = [
                EnvironmentVariable(name: "A", value: "1"),
                EnvironmentVariable(name: "B", value: "1"),
            ]
        }
        let plan = try WorkloadPlan(service: service, in: policy)
        #expect(plan.command == ["serve", "--now"])
        #expect(plan.identity == .standard)
        #expect(
            plan.environment.map(\.assignment).suffix(3) == ["TERM=dumb", "A=1", "B=2"])
        #expect(plan.limits == Limits(pidsMax: 5))
        #expect(!plan.notifies)
        #expect(plan.seccompProfile == "default")
    }

    @Test func whatNotifiesIsGivenTheWayToAndTheWatchdogsTime() throws {
        var service = ServicePolicy(name: try WorkloadName("web"), command: ["serve"])
        service.health.watchdog = Milliseconds(1_500)
        let plan = try WorkloadPlan(service: service, in: try project())
        #expect(plan.notifies)
        #expect(plan.environment.last?.assignment == "WATCHDOG_USEC=1500000")
        service.health.watchdog = nil
        service.health.notifiesReady = true
        #expect(try WorkloadPlan(service: service, in: try project()).notifies)
    }

    @Test func aTasksArgumentsComeBehindItsOwn() throws {
        var task = TaskPolicy(name: try WorkloadName("migrate"), command: ["rake", "db"])
        task.workingDirectory = "/srv/api/app"
        let plan = try WorkloadPlan(
            task: task, arguments: ["--dry"], terminal: true, in: try project())
        #expect(plan.command == ["rake", "db", "--dry"])
        #expect(plan.workingDirectory == "/srv/api/app")
        #expect(
            plan.environment.contains(EnvironmentVariable(name: "TERM", value: "xterm-256color")))
    }

    @Test func aUserThatTheSandboxDoesNotKnowHasNoHome() throws {
        var order = CommandOrder(["id"])
        order.identity = Identity(user: 7, group: 7)
        let stranger = try WorkloadPlan(order, in: try project())
        #expect(stranger.environment.contains(EnvironmentVariable(name: "HOME", value: "/")))
        #expect(stranger.environment.contains(EnvironmentVariable(name: "USER", value: "7")))
        order.identity = Identity(user: 0, group: 0)
        let root = try WorkloadPlan(order, in: try project())
        #expect(root.environment.contains(EnvironmentVariable(name: "HOME", value: "/root")))
        #expect(root.writable.contains("/root"))
    }

    @Test func idsOutsideOfTheSandboxAndCommandsThatAreNoneAreRefused() throws {
        func reason(_ change: (inout CommandOrder) -> Void) throws -> String? {
            var order = CommandOrder(["id"])
            change(&order)
            do {
                _ = try WorkloadPlan(order, in: try project())
                return nil
            } catch let error as InvalidValue { return error.reason }
        }
        #expect(
            try reason { $0.identity = Identity(user: 65_536, group: 0) }
                == "is not one of the sandbox's")
        #expect(try reason { $0.command = [] } == "is missing")
        #expect(try reason { $0.command = [""] } == "is empty")
        #expect(try reason { $0.workingDirectory = "app" } == "is not an absolute path")
        #expect(try reason { _ in } == nil)
    }
}
