import Plan
import Supervision
import Testing

/// What a new configuration does to what runs.
@Suite struct ReconfigurationTests {
    private let shop: ProjectName
    private let web: WorkloadName

    init() throws {
        shop = try ProjectName("shop")
        web = try WorkloadName("web")
    }

    private func base() throws -> ProjectPolicy {
        try policy("shop", [service("web"), service("job", after: ["web"])])
    }

    private func running() throws -> Bench {
        var bench = try Bench([base(), policy("db", [service("sql")])])
        try bench.bringUp()
        return bench
    }

    /// What the change of one project leads to, beside the other that stays as it is.
    private func deeds(
        _ bench: inout Bench, _ change: (inout ProjectPolicy) throws -> Void
    ) throws -> [Effect] {
        var changed = try unwrap(bench.policies.first { $0.name == shop }, "shop")
        try change(&changed)
        return try bench.tell(.configured([changed] + bench.policies.filter { $0.name != shop }))
    }

    @Test func theSameConfigurationChangesNothing() throws {
        var bench = try running()
        let before = bench.records
        _ = bench.kinds()
        #expect(try bench.tell(.configured(bench.policies)) == [])
        #expect(bench.records == before)
        #expect(bench.kinds() == [])
    }

    @Test func whatTheSandboxIsMadeOfNeedsAnotherSandbox() throws {
        let changes: [(inout ProjectPolicy) throws -> Void] = [
            { $0.path = "/srv/other" }, { $0.identity = Identity(user: 5, group: 5) },
            { $0.capabilities = ["CAP_CHOWN"] }, { $0.seccompProfile = "strict" },
            { $0.network = .host }, { $0.mounts = [.readOnly(path: "/opt", at: "/opt")] },
            { $0.root = "/images/a" },
            { $0.secrets = [Secret(name: try WorkloadName("key"), path: "/etc/key")] },
        ]
        for change in changes {
            var bench = try running()
            // The last one in order goes first.
            let job = try unwrap(try bench.service("job").run, "run of job")
            #expect(try deeds(&bench, change) == [.signalRun(job, signal: 15)])
            #expect(try bench.project("shop").phase == .stopping)
            #expect(try bench.project("db").phase == .active)
        }
    }

    @Test func aSandboxOnItsWayIsEndedIfItIsNotTheRightOne() throws {
        var bench = try Bench([base()])
        #expect(try deeds(&bench) { $0.network = .host } == [])
        #expect(try bench.project("shop").phase == .stopping)
        #expect(try bench.tell(.sandboxLaunched(shop)) == [.endSandbox(shop)])
        #expect(try bench.tell(.sandboxEnded(shop, reason: "ended")) == [.launchSandbox(shop)])
        // A launch that is refused needs no end.
        #expect(try deeds(&bench) { $0.network = .none } == [])
        #expect(try bench.tell(.sandboxRefused(shop, reason: "no")) == [.launchSandbox(shop)])
    }

    @Test func whatARunIsGivenNeedsAnotherRunOfThatServiceOnly() throws {
        let changes: [(inout ServicePolicy) -> Void] = [
            { $0.command = ["/bin/other"] }, { $0.identity = Identity(user: 5, group: 5) },
            { $0.environment = [EnvironmentVariable(name: "A", value: "b")] },
            { $0.workingDirectory = "/" }, { $0.terminal = true },
            { $0.health.notifiesReady = true }, { $0.health.watchdog = Milliseconds(1_000) },
        ]
        for change in changes {
            var bench = try running()
            let old = try unwrap(try bench.service("web").run, "run of web")
            #expect(
                try deeds(&bench) { change(&$0.services[0]) } == [.signalRun(old, signal: 15)])
            #expect(try bench.service("job").phase == .running)
            let next = try bench.tell(.runEnded(old, .killed(signal: 15)))
            #expect(next == [.startRun(run(4), shop, web)])
        }
    }

    @Test func theEnvironmentOfTheProjectIsGivenToEveryRun() throws {
        var bench = try running()
        let deeds = try deeds(&bench) {
            $0.environment = [EnvironmentVariable(name: "A", value: "b")]
        }
        #expect(deeds.count == 2)
        #expect(try bench.service("web").phase == .stopping)
        #expect(try bench.service("job").phase == .stopping)
        #expect(try bench.project("shop").phase == .active)
    }

    @Test func whatAppliesToWhatRunsRestartsNothing() throws {
        let changes: [(inout ProjectPolicy) -> Void] = [
            { $0.title = "Shop" }, { $0.dependencies = [] }, { $0.services[0].stopSignal = 9 },
            { $0.services[0].grace = Milliseconds(1) }, { $0.services[1].after = [] },
            { $0.services[0].restart.condition = .always },
            { $0.services[0].breaker.failures = 9 },
            { $0.services[0].health.liveness = HealthCheck(.tcp(port: 80)) },
        ]
        for change in changes {
            var bench = try running()
            let before = Set(try bench.project("shop").services.map(\.run))
            #expect(try deeds(&bench, change) == [])
            #expect(Set(try bench.project("shop").services.map(\.run)) == before)
        }
    }

    @Test func otherLimitsArePutInForce() throws {
        let changes: [(inout ProjectPolicy) -> Void] = [
            { $0.limits.pidsMax = 9 }, { $0.allowUnlimited = true },
            { $0.logRate.burst = 9 }, { $0.priority = .high },
            { $0.services[1].limits.memoryMax = .mebibytes(9) },
        ]
        for change in changes {
            var bench = try running()
            #expect(try deeds(&bench, change) == [.updateLimits(shop)])
            _ = try bench.tell(.requested(.pause, shop, service: nil))
            #expect(try deeds(&bench) { $0.limits.pidsMax = 11 } == [.updateLimits(shop)])
        }
    }

    @Test func anotherCheckIsAskedFromNowOn() throws {
        var bench = try running()
        let check = HealthCheck(.tcp(port: 80))
        _ = try deeds(&bench) { $0.services[0].health.readiness = check }
        #expect(try !bench.service("web").isReady)
        let current = try unwrap(try bench.service("web").run, "run of web")
        #expect(try bench.pass(Milliseconds(0)) == [.probe(current, .readiness, check)])
        var other = check
        other.probe = .tcp(port: 81)
        _ = try deeds(&bench) { $0.services[0].health.readiness = other }
        // The old one is still out: its answer does not count, then the new one is asked.
        #expect(try bench.pass(Milliseconds(1_000)) == [])
        #expect(try bench.tell(.probed(current, .readiness, .passed)) == [])
        #expect(try !bench.service("web").isReady)
        #expect(try bench.pass(Milliseconds(0)) == [.probe(current, .readiness, other)])
        _ = try bench.tell(.probed(current, .readiness, .passed))
        #expect(try bench.service("web").isReady)
        _ = try deeds(&bench) { $0.services[0].health.readiness = nil }
        #expect(try bench.service("web").isReady)
    }

    @Test func aServiceComesAndGoes() throws {
        var bench = try running()
        let job = try unwrap(try bench.service("job").run, "run of job")
        #expect(try deeds(&bench) { $0.services.removeLast() } == [.signalRun(job, signal: 15)])
        #expect(try bench.project("shop").isReady)
        let stop = Event.requested(.stop, shop, service: try WorkloadName("job"))
        #expect(
            try bench.refusal(of: stop)
                == .noSuchService(try WorkloadName("job"), shop, nearest: "job"))
        #expect(try bench.tell(.runEnded(job, .exited(code: 1))) == [])
        #expect(try bench.project("shop").services.map(\.name) == [web])
        let back = try service("job", after: ["web"])
        #expect(
            try deeds(&bench) { $0.services.append(back) }
                == [.startRun(run(4), shop, try WorkloadName("job"))])
    }

    @Test func aServiceThatComesBackWhileItGoesIsStartedWhenItIsGone() throws {
        var bench = try running()
        let job = try unwrap(try bench.service("job").run, "run of job")
        let old = try base().services[1]
        _ = try deeds(&bench) { $0.services.removeLast() }
        #expect(try deeds(&bench) { $0.services.append(old) } == [])
        #expect(
            try bench.tell(.runEnded(job, .exited(code: 0)))
                == [.startRun(run(4), shop, old.name)])
    }

    @Test func aParkedServiceWithAnotherDefinitionHasAnotherChance() throws {
        var bench = try Bench([policy("shop", [service("web") { $0.breaker.failures = 1 }])])
        try bench.bringUp()
        _ = try bench.tell(.runEnded(run(1), .exited(code: 1)))
        #expect(try bench.service("web").phase == .parked)
        #expect(
            try deeds(&bench) { $0.services[0].command = ["/bin/fixed"] }
                == [.startRun(run(2), shop, web)])
        #expect(try bench.service("web").breaker == .closed)
        _ = try bench.tell(.runStarted(run(2)))
        _ = try bench.tell(.runEnded(run(2), .exited(code: 1)))
        #expect(try bench.service("web").phase == .parked)
        // So has one whose breaker is taken away.
        #expect(
            try deeds(&bench) { $0.services[0].breaker.failures = 0 }
                == [.startRun(run(3), shop, web)])
    }

    // MARK: The declared status

    @Test func whatIsDeclaredIsAWishOnlyWhenItChanges() throws {
        var bench = try running()
        #expect(try deeds(&bench) { $0.status = .paused } == [.freeze(shop)])
        _ = try bench.tell(.requested(.resume, shop, service: nil))
        #expect(try deeds(&bench) { $0.title = "Shop" } == [])
        #expect(try bench.project("shop").phase == .active)
        #expect(bench.records[shop]?.declared == .paused)
        _ = try deeds(&bench) { $0.status = .archived }
        #expect(try bench.project("shop").phase == .stopping)
        _ = try deeds(&bench) { $0.status = .active }
        #expect(try bench.project("shop").goal == .active)
    }

    @Test(arguments: [
        (DeclaredStatus.active, ProjectPhase.starting), (.initializing, .starting),
        (.paused, .paused), (.maintenance, .starting), (.archived, .archived),
    ])
    func aNewProjectBeginsAsItIsDeclared(status: DeclaredStatus, phase: ProjectPhase) throws {
        var declared = try base()
        declared.status = status
        var bench = try Bench([declared])
        #expect(try bench.project("shop").phase == phase)
        if phase == .paused {
            #expect(bench.pending == [])
            #expect(
                try bench.tell(.requested(.resume, shop, service: nil)) == [.launchSandbox(shop)])
        }
    }

    @Test func aProjectThatComesBackWhileItGoesIsStartedWhenItIsGone() throws {
        var bench = try Bench([policy("shop")])
        try bench.bringUp()
        let policies = bench.policies
        #expect(try bench.tell(.configured([])) == [.endSandbox(shop)])
        #expect(try bench.tell(.configured(policies)) == [])
        #expect(try bench.tell(.sandboxEnded(shop, reason: "ended")) == [.launchSandbox(shop)])
    }
}
