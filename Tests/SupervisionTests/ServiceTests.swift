import Plan
import Supervision
import Testing

/// One service: its phases, its order among others, what an operator tells it.
@Suite struct ServiceTests {
    private let shop: ProjectName
    private let web: WorkloadName
    private let cache: WorkloadName

    init() throws {
        shop = try ProjectName("shop")
        web = try WorkloadName("web")
        cache = try WorkloadName("cache")
    }

    private func verb(_ verb: Verb, _ name: WorkloadName) -> Event {
        .requested(verb, shop, service: name)
    }

    private func running(_ services: [ServicePolicy]) throws -> Bench {
        var bench = try Bench([policy("shop", services)])
        try bench.bringUp()
        _ = bench.kinds()
        return bench
    }

    // MARK: Order

    @Test func aServiceStartsWhenWhatItComesAfterIsReadyAndStopsBeforeIt() throws {
        var bench = try Bench([
            policy("shop", [service("web", after: ["cache"]), service("cache")])
        ])
        #expect(try bench.tell(.sandboxLaunched(shop)) == [.startRun(run(1), shop, cache)])
        #expect(try bench.service("web").phase == .waiting)
        #expect(try bench.service("web").reason == "waits for cache")
        #expect(try bench.tell(.runStarted(run(1))) == [.startRun(run(2), shop, web)])
        _ = try bench.tell(.runStarted(run(2)))
        let stop = Event.requested(.stop, shop, service: nil)
        #expect(try bench.tell(stop) == [.signalRun(run(2), signal: 15)])
        #expect(try bench.service("cache").phase == .running)
        #expect(
            try bench.tell(.runEnded(run(2), .exited(code: 0)))
                == [.signalRun(run(1), signal: 15)])
    }

    @Test func whatFinishedIsReadyForWhatComesAfterIt() throws {
        var bench = try Bench([
            policy(
                "shop",
                [
                    service("web", after: ["cache"]) { $0.health.notifiesReady = false },
                    service("cache") { $0.health.notifiesReady = true },
                ])
        ])
        _ = try bench.tell(.sandboxLaunched(shop))
        #expect(try bench.tell(.runStarted(run(1))) == [])
        #expect(
            try bench.tell(.runEnded(run(1), .exited(code: 0))) == [.startRun(run(2), shop, web)])
        #expect(try bench.service("cache").phase == .stopped)
        #expect(try bench.service("cache").reason == "exited with status 0")
        #expect(try bench.service("cache").isReady)
        _ = try bench.tell(.runStarted(run(2)))
        #expect(try bench.project("shop").isReady)
    }

    @Test func whatFailedForGoodIsNotReady() throws {
        var bench = try Bench([
            policy(
                "shop",
                [
                    service("web", after: ["cache"]),
                    service("cache") {
                        $0.restart.condition = .never; $0.health.notifiesReady = true
                    },
                ])
        ])
        _ = try bench.tell(.sandboxLaunched(shop))
        _ = try bench.tell(.runStarted(run(1)))
        #expect(try bench.tell(.runEnded(run(1), .killed(signal: 11))) == [])
        #expect(try bench.service("cache").reason == "was killed by signal 11")
        #expect(try bench.service("web").phase == .waiting)
        #expect(bench.kinds().contains("service.failed"))
    }

    // MARK: Stopping

    @Test func aServiceGetsItsOwnSignalAndGrace() throws {
        var bench = try running([
            service("web") {
                $0.stopSignal = 3; $0.grace = Milliseconds(250)
            }
        ])
        #expect(try bench.tell(verb(.stop, web)) == [.signalRun(run(1), signal: 3)])
        #expect(try bench.service("web").phase == .stopping)
        #expect(bench.kinds() == ["project.unready"])
        #expect(try bench.pass(Milliseconds(249)) == [])
        #expect(try bench.pass(Milliseconds(1)) == [.killRun(run(1))])
        #expect(try bench.pass(Milliseconds(100_000)) == [])
        #expect(bench.kinds() == ["service.killed"])
    }

    @Test func aRunThatHasNotStartedGetsItsSignalWhenItHas() throws {
        var bench = try Bench([policy("shop", [service("web")])])
        _ = try bench.tell(.sandboxLaunched(shop))
        #expect(try bench.tell(verb(.stop, web)) == [])
        #expect(try bench.service("web").phase == .stopping)
        #expect(try bench.tell(.runStarted(run(1))) == [.signalRun(run(1), signal: 15)])
        #expect(try bench.tell(.runStarted(run(1))) == [])
        #expect(try bench.tell(.runEnded(run(1), .killed(signal: 15))) == [])
        #expect(try bench.service("web").phase == .held)
    }

    @Test func aRunThatDidNotStartWhileItWasStoppedIsNoFailure() throws {
        var bench = try Bench([policy("shop", [service("web")])])
        _ = try bench.tell(.sandboxLaunched(shop))
        _ = try bench.tell(verb(.stop, web))
        #expect(try bench.tell(.runRefused(run(1), reason: "no such file")) == [])
        #expect(try bench.service("web").phase == .held)
        #expect(try bench.tell(verb(.start, web)) == [.startRun(run(2), shop, web)])
    }

    @Test func whatSaysThatItStopsHasItsGraceAndThenItsPolicy() throws {
        var bench = try running([service("web")])
        #expect(try bench.tell(.notified(run(1), .stopping)) == [])
        #expect(try bench.service("web").phase == .stopping)
        #expect(try !bench.project("shop").isReady)
        #expect(try bench.tell(.runEnded(run(1), .exited(code: 1))) == [])
        #expect(try bench.service("web").phase == .backingOff)
        #expect(try bench.pass(Milliseconds(500)) == [.startRun(run(2), shop, web)])
        _ = try bench.tell(.runStarted(run(2)))
        _ = try bench.tell(.notified(run(2), .stopping))
        #expect(try bench.pass(Milliseconds(10_000)) == [.killRun(run(2))])
        // An operator's wish counts more than what it said.
        #expect(try bench.tell(verb(.stop, web)) == [.signalRun(run(2), signal: 15)])
        _ = try bench.tell(.runEnded(run(2), .killed(signal: 9)))
        #expect(try bench.service("web").phase == .held)
    }

    // MARK: Operators

    @Test func whatAnOperatorStoppedStaysSoUntilOneStartsIt() throws {
        var bench = try running([service("web")])
        _ = try bench.tell(verb(.stop, web))
        _ = try bench.tell(.runEnded(run(1), .exited(code: 1)))
        #expect(try bench.service("web").phase == .held)
        #expect(try !bench.project("shop").isReady)
        #expect(try bench.pass(Milliseconds(600_000)) == [])
        let restart = Event.requested(.restart, shop, service: nil)
        #expect(try bench.tell(restart) == [.endSandbox(shop)])
        _ = try bench.tell(.sandboxEnded(shop, reason: "ended"))
        #expect(try bench.tell(.sandboxLaunched(shop)) == [])
        #expect(try bench.service("web").phase == .held)
        #expect(try bench.tell(verb(.start, web)) == [.startRun(run(2), shop, web)])
    }

    @Test func restartingEndsTheRunAndBeginsAnotherAtOnce() throws {
        var bench = try running([service("web")])
        #expect(try bench.tell(verb(.restart, web)) == [.signalRun(run(1), signal: 15)])
        #expect(
            try bench.tell(.runEnded(run(1), .killed(signal: 15)))
                == [.startRun(run(2), shop, web)])
        #expect(try bench.service("web").restarts == 0)
        _ = try bench.tell(.runEnded(run(2), .exited(code: 1)))
        #expect(try bench.service("web").phase == .backingOff)
        #expect(try bench.tell(verb(.restart, web)) == [.startRun(run(3), shop, web)])
    }

    @Test func startingWhatStopsStartsItAgain() throws {
        var bench = try running([service("web")])
        _ = try bench.tell(verb(.stop, web))
        #expect(try bench.tell(verb(.start, web)) == [])
        #expect(
            try bench.tell(.runEnded(run(1), .exited(code: 0))) == [.startRun(run(2), shop, web)])
    }

    // MARK: Runs that are nobody's

    @Test func whatIsHeardOfAnOldRunChangesNothing() throws {
        var bench = try running([service("web")])
        _ = try bench.tell(verb(.restart, web))
        _ = try bench.tell(.runEnded(run(1), .exited(code: 0)))
        let before = bench.records
        let events: [Event] = [
            .runStarted(run(1)), .runRefused(run(1), reason: "no"),
            .runEnded(run(1), .exited(code: 1)), .notified(run(1), .stopping),
            .probed(run(1), .liveness, .failed(reason: "late")), .runEnded(run(99), .lost),
            .sandboxLaunched(shop), .sandboxRefused(shop, reason: "no"),
        ]
        for event in events { #expect(try bench.tell(event) == []) }
        #expect(bench.records == before)
    }

    @Test func numbersOfRunsAreGivenOnce() throws {
        var bench = try Bench([policy("shop", [service("web")])])
        #expect(bench.fleet.takeRun() == run(1))
        #expect(bench.fleet.takeRun() == run(2))
        #expect(try bench.tell(.sandboxLaunched(shop)) == [.startRun(run(3), shop, web)])
        #expect(bench.fleet.takeRun() == run(4))
    }
}
