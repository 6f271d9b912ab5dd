import Plan
import Supervision
import Testing

/// What a supervisor does that finds what a killed one had stored.
@Suite struct RestoringTests {
    private let shop: ProjectName
    private let web: WorkloadName

    init() throws {
        shop = try ProjectName("shop")
        web = try WorkloadName("web")
    }

    private func running(_ change: (inout ServicePolicy) -> Void = { _ in }) throws -> Bench {
        var bench = try Bench([policy("shop", [service("web", change)])])
        try bench.bringUp()
        bench.now = bench.now + Milliseconds(5_000)
        return bench
    }

    private func verb(_ verb: Verb) -> Event { .requested(verb, shop, service: nil) }

    @Test func whatLivesIsAdoptedAsItIs() throws {
        var bench = try running()
        let before = try bench.project("shop")
        bench.restore()
        #expect(bench.fleet.owner(of: run(1))?.1 == web)
        #expect(try bench.tell(.runStarted(run(1))) == [])
        #expect(try bench.tell(.timePassed) == [.updateLimits(shop), .thaw(shop)])
        #expect(try bench.project("shop") == before)
        #expect(bench.kinds().suffix(1) == ["project.ready"])
        #expect(bench.fleet.nextDeadline == nil)
        // And everything goes on: numbers of runs are new ones.
        _ = try bench.tell(.runEnded(run(1), .exited(code: 1)))
        #expect(try bench.pass(Milliseconds(500)) == [.startRun(run(1_000), shop, web)])
    }

    @Test func untilItIsKnownWhatIsThereNothingIsDecided() throws {
        var bench = try running()
        bench.restore()
        #expect(bench.fleet.nextDeadline == bench.now)
        #expect(try bench.tell(.runEnded(run(1), .exited(code: 0))) == [])
        #expect(try bench.tell(verb(.stop)) == [])
        #expect(
            try bench.tell(.timePassed)
                == [.updateLimits(shop), .thaw(shop), .endSandbox(shop)])
    }

    @Test func whatEndedMeanwhileIsAFailureLikeAnyOther() throws {
        var bench = try running()
        bench.restore()
        _ = try bench.tell(.runEnded(run(1), .killed(signal: 11)))
        _ = try bench.tell(.timePassed)
        #expect(try bench.service("web").phase == .backingOff)
        #expect(try bench.service("web").reason == "was killed by signal 11")
    }

    @Test func aRunThatWasNeverStartedIsStartedAndNoFailure() throws {
        var bench = try Bench([policy("shop", [service("web") { $0.breaker.failures = 1 }])])
        _ = try bench.tell(.sandboxLaunched(shop))
        bench.restore()
        #expect(try bench.service("web").phase == .starting)
        #expect(try bench.tell(.runRefused(run(1), reason: "never asked")) == [])
        #expect(
            try bench.tell(.timePassed)
                == [.updateLimits(shop), .thaw(shop), .startRun(run(1_000), shop, web)])
        #expect(try bench.service("web").breaker == .closed)
    }

    @Test func aLostSandboxIsLaunchedAgain() throws {
        var bench = try running()
        bench.restore()
        _ = try bench.tell(.sandboxEnded(shop, reason: "gone"))
        #expect(try bench.tell(.timePassed) == [])
        #expect(try bench.project("shop").phase == .failed)
        #expect(try bench.pass(Milliseconds(1_200)) == [.launchSandbox(shop)])
    }

    @Test func aHalfMadeSandboxIsMadeAgainAtOnce() throws {
        var bench = try Bench([policy("shop", [service("web")])])
        bench.restore()
        #expect(try bench.project("shop").phase == .starting)
        #expect(try bench.tell(.sandboxEnded(shop, reason: "undone")) == [])
        #expect(try bench.tell(.timePassed) == [.launchSandbox(shop)])
        // One that was whole is used.
        bench.restore()
        #expect(try bench.tell(.sandboxLaunched(shop)) == [])
        #expect(
            try bench.tell(.timePassed)
                == [.updateLimits(shop), .thaw(shop), .startRun(run(1_000), shop, web)])
    }

    @Test func aStopGoesOnWithItsDeadline() throws {
        var bench = try running()
        _ = try bench.tell(verb(.stop))
        let due = try bench.service("web").dueAt
        bench.now = bench.now + Milliseconds(4_000)
        bench.restore()
        // Once more: nobody knows whether the signal was sent.
        #expect(try bench.tell(.runStarted(run(1))) == [.signalRun(run(1), signal: 15)])
        #expect(try bench.tell(.timePassed) == [.thaw(shop)])
        #expect(try bench.service("web").dueAt == due)
        #expect(try bench.pass(Milliseconds(5_999)) == [])
        #expect(try bench.pass(Milliseconds(1)) == [.killRun(run(1))])
        bench.restore()
        #expect(try bench.tell(.runStarted(run(1))) == [.killRun(run(1))])
        _ = try bench.tell(.timePassed)
        #expect(try bench.tell(.runEnded(run(1), .killed(signal: 9))) == [.endSandbox(shop)])
        bench.restore()
        #expect(try bench.tell(.timePassed) == [.thaw(shop), .endSandbox(shop)])
    }

    @Test func aStopThatRanOutMeanwhileIsAKillAtOnce() throws {
        var bench = try running()
        _ = try bench.tell(verb(.stop))
        bench.now = bench.now + Milliseconds(60_000)
        bench.restore()
        _ = try bench.tell(.runStarted(run(1)))
        #expect(try bench.tell(.timePassed) == [.thaw(shop), .killRun(run(1))])
    }

    @Test func whatWasUnhealthyIsStillAFailureWhenItEnds() throws {
        var bench = try running { $0.health.watchdog = Milliseconds(1_000) }
        _ = try bench.pass(Milliseconds(1_000))
        bench.restore()
        _ = try bench.tell(.runStarted(run(1)))
        _ = try bench.tell(.timePassed)
        _ = try bench.tell(.runEnded(run(1), .exited(code: 0)))
        #expect(try bench.service("web").phase == .backingOff)
    }

    @Test func aFrozenProjectStaysFrozen() throws {
        var bench = try running()
        _ = try bench.tell(verb(.pause))
        bench.restore()
        _ = try bench.tell(.runStarted(run(1)))
        #expect(try bench.tell(.timePassed) == [.updateLimits(shop), .freeze(shop)])
        #expect(try bench.project("shop").phase == .paused)
        #expect(try bench.tell(verb(.resume)) == [.thaw(shop)])
        #expect(try bench.project("shop").isReady)
    }

    @Test func delaysBreakersAndHoldsGoOn() throws {
        var bench = try running {
            $0.breaker = BreakerPolicy(
                failures: 2, window: Milliseconds(60_000), cooldown: Milliseconds(30_000),
                proof: Milliseconds(5_000))
        }
        _ = try bench.tell(.runEnded(run(1), .exited(code: 1)))
        for restart in 0..<4 as Range<UInt64> {
            let before = try bench.service("web")
            bench.restore(nextRun: 100 + restart)
            _ = try bench.tell(.timePassed)
            #expect(try bench.service("web") == before)
            try bench.bringUp(try bench.pass(Milliseconds(30_000)))
            let current = try unwrap(try bench.service("web").run, "run")
            #expect(current == run(100 + restart))
            _ = try bench.tell(.runEnded(current, .exited(code: 1)))
            #expect(try bench.service("web").phase == .parked)
        }
        #expect(try bench.service("web").restarts == 4)
        _ = try bench.tell(.requested(.stop, shop, service: web))
        bench.restore()
        _ = try bench.tell(.timePassed)
        #expect(try bench.service("web").phase == .held)
        _ = try bench.tell(.requested(.start, shop, service: web))
        #expect(try bench.service("web").breaker == .halfOpen)
    }

    @Test func readinessIsKeptUntilItIsAskedAgain() throws {
        let check = HealthCheck(.tcp(port: 80))
        var bench = try running {
            $0.health.startup = check
            $0.health.readiness = check
            $0.health.notifiesReady = true
        }
        _ = try bench.tell(.notified(run(1), .ready))
        for purpose in [HealthCheck.Purpose.startup, .readiness] {
            _ = try bench.pass(Milliseconds(0))
            _ = try bench.tell(.probed(run(1), purpose, .passed))
        }
        #expect(try bench.project("shop").isReady)
        bench.restore()
        #expect(try bench.project("shop").isReady)
        _ = try bench.tell(.runStarted(run(1)))
        let asked = try bench.tell(.timePassed).last
        #expect(asked == .probe(run(1), .readiness, check))
        // Neither the start-up check nor READY=1 is expected of it once more.
        #expect(try bench.pass(Milliseconds(100_000)) == [])
        #expect(try bench.project("shop").isReady)
    }

    @Test func whatIsNotConfiguredAnyMoreIsRemoved() throws {
        var bench = try running()
        bench.policies = []
        bench.restore()
        #expect(try bench.project("shop").goal == .removed)
        #expect(try bench.tell(.runStarted(run(1))) == [])
        #expect(
            try bench.tell(.timePassed)
                == [.updateLimits(shop), .thaw(shop), .signalRun(run(1), signal: 15)])
        #expect(try bench.tell(.runEnded(run(1), .exited(code: 0))) == [.endSandbox(shop)])
        _ = try bench.tell(.sandboxEnded(shop, reason: "ended"))
        #expect(bench.records == [:])
        #expect(bench.fleet.views.isEmpty)
    }

    @Test func aServiceThatIsNotConfiguredAnyMoreIsEnded() throws {
        var bench = try running()
        bench.policies[0].services = [try service("job")]
        bench.restore()
        #expect(try bench.tell(.runStarted(run(1))) == [])
        let deeds = try bench.tell(.timePassed)
        #expect(deeds.contains(.signalRun(run(1), signal: 15)))
        #expect(deeds.contains(.startRun(run(1_000), shop, try WorkloadName("job"))))
    }

    @Test func aStatusDeclaredMeanwhileIsAWish() throws {
        var bench = try running()
        bench.policies[0].status = .paused
        bench.restore()
        _ = try bench.tell(.runStarted(run(1)))
        let deeds = try bench.tell(.timePassed)
        #expect(deeds == [.updateLimits(shop), .thaw(shop), .freeze(shop)])
    }

    // MARK: After a boot

    @Test func afterABootEverythingThatWasWantedIsStartedAgain() throws {
        var bench = try running { $0.breaker.failures = 1 }
        _ = try bench.tell(.runEnded(run(1), .exited(code: 1)))
        #expect(try bench.service("web").phase == .parked)
        bench.now = Moment(microseconds: 17)
        bench.restore(sameBoot: false)
        #expect(bench.fleet.owner(of: run(1)) == nil)
        #expect(try bench.tell(.timePassed) == [.launchSandbox(shop)])
        #expect(
            try bench.tell(.sandboxLaunched(shop)) == [.startRun(run(1_000), shop, web)])
        #expect(try bench.service("web").breaker == .closed)
    }

    @Test func afterABootHoldsAndWishesStay() throws {
        for (verb, phase) in [
            (Verb.stop, ProjectPhase.stopped), (.archive, .archived), (.pause, .paused),
            (.maintain, .starting),
        ] {
            var bench = try running()
            _ = try bench.tell(.requested(.stop, shop, service: web))
            _ = try bench.tell(.runEnded(run(1), .exited(code: 0)))
            _ = try bench.tell(.requested(verb, shop, service: nil))
            bench.restore(sameBoot: false)
            let deeds = try bench.tell(.timePassed)
            #expect(deeds == (phase == .starting ? [.launchSandbox(shop)] : []))
            #expect(try bench.project("shop").phase == phase)
            #expect(try bench.service("web").phase == .held)
            if phase == .paused {
                #expect(try bench.tell(self.verb(.resume)) == [.launchSandbox(shop)])
            }
        }
    }

    @Test func afterABootARemovalIsDone() throws {
        var bench = try running()
        _ = try bench.tell(verb(.remove))
        bench.restore(sameBoot: false)
        #expect(try bench.tell(.timePassed) == [])
        #expect(bench.records == [:])
    }
}
