import Plan
import Supervision
import Testing

/// Restarts, the delays between them, and the circuit breaker.
@Suite struct RestartTests {
    private let shop: ProjectName
    private let web: WorkloadName

    init() throws {
        shop = try ProjectName("shop")
        web = try WorkloadName("web")
    }

    /// One service without a breaker unless it is given one, running.
    private func running(_ change: (inout ServicePolicy) -> Void) throws -> Bench {
        var bench = try Bench([
            policy(
                "shop",
                [
                    service("web") {
                        $0.breaker.failures = 0; change(&$0)
                    }
                ])
        ])
        try bench.bringUp()
        return bench
    }

    /// Ends the current run, and says how long it takes until the next.
    private func delay(
        _ bench: inout Bench, after end: RunEnd = .exited(code: 1)
    ) throws -> Int64? {
        let current = try unwrap(try bench.service("web").run, "run")
        _ = try bench.tell(.runEnded(current, end))
        guard let due = try bench.service("web").dueAt else { return nil }
        let span = due.microseconds - bench.now.microseconds
        bench.now = due
        try bench.bringUp(try bench.tell(.timePassed))
        return span / 1_000
    }

    @Test(arguments: RestartPolicy.Condition.allCases)
    func theConditionDecidesWhatIsRestarted(condition: RestartPolicy.Condition) throws {
        let ends: [RunEnd] = [.exited(code: 0), .exited(code: 1), .killed(signal: 9), .lost]
        var restarted: [RunEnd] = []
        for end in ends {
            var bench = try running { $0.restart.condition = condition }
            _ = try bench.tell(.runEnded(run(1), end))
            if try bench.service("web").phase == .backingOff { restarted.append(end) }
        }
        switch condition {
        case .never, .onUnhealthy: #expect(restarted == [])
        case .onFailure: #expect(restarted == Array(ends.dropFirst()))
        case .always: #expect(restarted == ends)
        }
    }

    @Test(arguments: RestartPolicy.Condition.allCases)
    func whatWasUnhealthyIsRestartedUnlessThePolicyIsNo(condition: RestartPolicy.Condition) throws {
        var bench = try running {
            $0.restart.condition = condition
            $0.health.watchdog = Milliseconds(1_000)
        }
        #expect(try bench.pass(Milliseconds(1_000)) == [.signalRun(run(1), signal: 15)])
        // However politely it goes.
        _ = try bench.tell(.runEnded(run(1), .exited(code: 0)))
        let phase = try bench.service("web").phase
        #expect(phase == (condition == .never ? .stopped : .backingOff))
        #expect(try bench.service("web").reason == "did not say WATCHDOG=1 within 1s")
    }

    @Test func aRunThatCannotBeStartedIsAFailure() throws {
        var bench = try Bench([policy("shop", [service("web")])])
        _ = try bench.tell(.sandboxLaunched(shop))
        _ = try bench.tell(.runRefused(run(1), reason: "no such file"))
        #expect(try bench.service("web").phase == .backingOff)
        #expect(try bench.service("web").reason == "could not be started: no such file")
        #expect(try bench.pass(Milliseconds(500)) == [.startRun(run(2), shop, web)])
        #expect(try bench.service("web").restarts == 1)
    }

    @Test func delaysDoubleUpToTheMostAndBeginAnewAfterALongRun() throws {
        var bench = try running { $0.restart.delayMax = Milliseconds(3_000) }
        var delays: [Int64?] = []
        for _ in 0..<5 { delays.append(try delay(&bench)) }
        #expect(delays == [500, 1_000, 2_000, 3_000, 3_000])
        _ = try bench.pass(Milliseconds(59_999))
        #expect(try delay(&bench) == 3_000)
        _ = try bench.pass(Milliseconds(60_000))
        #expect(try delay(&bench) == 500)
    }

    @Test func chanceMovesADelayByNoMoreThanItMayAndTheSameWayEachTime() throws {
        var all: Set<Int64> = []
        for seed in 0..<40 as Range<UInt64> {
            var delays: [Int64?] = []
            for _ in 0..<2 {
                var bench = try Bench(
                    [policy("shop", [service("web") { $0.restart.jitterPercent = 20 }])],
                    seed: seed)
                try bench.bringUp()
                delays.append(try delay(&bench))
            }
            #expect(delays[0] == delays[1])
            let delay = try unwrap(delays[0], "delay")
            #expect((400...600).contains(delay))
            all.insert(delay)
        }
        #expect(all.count > 20)
    }

    @Test func aDelayOfNothingIsNotNothing() throws {
        var bench = try running { $0.restart.delay = Milliseconds(0) }
        #expect(try delay(&bench) == 100)
        #expect(try delay(&bench) == 200)
    }

    // MARK: The breaker

    private func breaking() throws -> Bench {
        try running {
            $0.breaker = BreakerPolicy(
                failures: 3, window: Milliseconds(60_000), cooldown: Milliseconds(30_000),
                proof: Milliseconds(5_000))
        }
    }

    @Test func tooManyFailuresInTheWindowParkTheService() throws {
        var bench = try breaking()
        #expect(try delay(&bench) == 500)
        #expect(try delay(&bench) == 1_000)
        _ = bench.kinds()
        _ = try bench.tell(.runEnded(run(3), .exited(code: 7)))
        let service = try bench.service("web")
        #expect(service.phase == .parked)
        #expect(service.breaker == .open)
        #expect(service.reason == "exited with status 7")
        #expect(service.dueAt == bench.now + Milliseconds(30_000))
        #expect(bench.reports.map(\.kind).contains("breaker.opened"))
        #expect(try !bench.project("shop").isReady)
    }

    @Test func failuresOutsideTheWindowDoNotCount() throws {
        var bench = try breaking()
        for _ in 0..<10 {
            #expect(try delay(&bench) != nil)
            #expect(try bench.service("web").breaker == .closed)
            _ = try bench.pass(Milliseconds(35_000))
        }
    }

    @Test func afterTheCooldownOneRunDecides() throws {
        var bench = try breaking()
        for _ in 0..<2 { _ = try delay(&bench) }
        #expect(try delay(&bench) == 30_000)
        #expect(try bench.service("web").breaker == .halfOpen)
        // It fails: parked again, at once.
        #expect(try delay(&bench) == 30_000)
        #expect(try bench.service("web").breaker == .halfOpen)
        // It proves itself: everything is as at first.
        _ = try bench.pass(Milliseconds(4_999))
        #expect(try bench.service("web").breaker == .halfOpen)
        _ = try bench.pass(Milliseconds(1))
        #expect(try bench.service("web").breaker == .closed)
        #expect(try delay(&bench) == 500)
        #expect(try delay(&bench) == 1_000)
        #expect(try bench.service("web").breaker == .closed)
    }

    @Test func theProofCountsFromWhenItIsReady() throws {
        var bench = try running {
            $0.breaker = BreakerPolicy(
                failures: 1, window: Milliseconds(60_000), cooldown: Milliseconds(30_000),
                proof: Milliseconds(5_000))
            $0.health.notifiesReady = true
        }
        #expect(try delay(&bench) == 30_000)
        _ = try bench.pass(Milliseconds(20_000))
        #expect(try bench.service("web").breaker == .halfOpen)
        _ = try bench.tell(.notified(run(2), .ready))
        _ = try bench.pass(Milliseconds(4_999))
        #expect(try bench.service("web").breaker == .halfOpen)
        _ = try bench.pass(Milliseconds(1))
        #expect(try bench.service("web").breaker == .closed)
    }

    @Test func whatComesAfterAParkedServiceIsNotStarted() throws {
        let policies = [
            try policy(
                "shop",
                [
                    service("web") { $0.breaker.failures = 1 },
                    service("job", after: ["web"]),
                ])
        ]
        var bench = try Bench(policies)
        _ = try bench.tell(.sandboxLaunched(shop))
        _ = try bench.tell(.runRefused(run(1), reason: "no such file"))
        #expect(try bench.service("web").phase == .parked)
        #expect(try bench.service("job").phase == .waiting)
        #expect(try bench.service("job").reason == "waits for web, which is parked")
    }

    @Test func anOperatorGivesAParkedServiceItsProbeRunAtOnce() throws {
        var bench = try breaking()
        for _ in 0..<2 { _ = try delay(&bench) }
        _ = try bench.tell(.runEnded(run(3), .exited(code: 1)))
        #expect(
            try bench.tell(.requested(.start, shop, service: web)) == [.startRun(run(4), shop, web)]
        )
        #expect(try bench.service("web").breaker == .halfOpen)
        _ = try bench.tell(.runStarted(run(4)))
        _ = try bench.tell(.runEnded(run(4), .exited(code: 1)))
        #expect(try bench.service("web").phase == .parked)
        _ = try bench.tell(.requested(.stop, shop, service: web))
        #expect(try bench.service("web").phase == .held)
        #expect(try bench.pass(Milliseconds(100_000)) == [])
        _ = try bench.tell(.requested(.start, shop, service: web))
        #expect(try bench.service("web").breaker == .halfOpen)
    }

    @Test func stoppingTheProjectClosesTheBreaker() throws {
        var bench = try breaking()
        for _ in 0..<2 { _ = try delay(&bench) }
        _ = try bench.tell(.runEnded(run(3), .exited(code: 1)))
        #expect(
            try bench.tell(.requested(.restart, shop, service: nil)) == [.endSandbox(shop)])
        _ = try bench.tell(.sandboxEnded(shop, reason: "ended"))
        _ = try bench.tell(.sandboxLaunched(shop))
        #expect(try bench.service("web").breaker == .closed)
        #expect(try bench.service("web").phase == .starting)
    }

    /// A loop of crashes for hours: how often it is started is bounded, whatever the policy says.
    @Test(arguments: [(3, 30_000, 130), (0, 30_000, 80), (1, 0, 4_000), (1_000_000_000, 0, 80)])
    func aLoopOfCrashesIsBounded(failures: UInt32, cooldown: UInt64, startsAnHour: Int) throws {
        var bench = try running {
            $0.restart.condition = .always
            $0.breaker.failures = failures
            $0.breaker.cooldown = Milliseconds(cooldown)
        }
        let end = bench.now + Milliseconds(3 * 3_600_000)
        var starts = 0
        while bench.now < end {
            #expect(try delay(&bench) != nil)
            starts += 1
        }
        #expect(starts <= 3 * startsAnHour)
        #expect(bench.records[shop]?.services[0].failuresAt.count ?? 0 <= 100)
    }
}
