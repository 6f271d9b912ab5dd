import Plan
import Supervision
import Testing

/// Start-up, readiness and liveness checks, `READY=1` and the watchdog.
@Suite struct HealthTests {
    private let shop: ProjectName
    private let web: WorkloadName
    private let check = HealthCheck(.tcp(port: 80))

    init() throws {
        shop = try ProjectName("shop")
        web = try WorkloadName("web")
    }

    private func running(_ change: (inout HealthPolicy) -> Void) throws -> Bench {
        var bench = try Bench([policy("shop", [service("web") { change(&$0.health) }])])
        try bench.bringUp()
        _ = bench.kinds()
        return bench
    }

    private func probed(_ purpose: HealthCheck.Purpose, _ passed: Bool, _ run: UInt64 = 1) -> Event
    {
        .probed(
            RunID(rawValue: run), purpose, passed ? .passed : .failed(reason: "connection refused"))
    }

    // MARK: Readiness

    @Test func readinessIsAskedAtOnceAndThenAnIntervalAfterEachAnswer() throws {
        var bench = try running { $0.readiness = check }
        let ask = Effect.probe(run(1), .readiness, check)
        #expect(try bench.pass(Milliseconds(0)) == [ask])
        // However long the answer takes, nothing more is asked.
        #expect(try bench.pass(Milliseconds(100_000)) == [])
        #expect(try bench.service("web").health == .unknown)
        #expect(try bench.tell(probed(.readiness, true)) == [])
        #expect(try bench.service("web").isReady)
        #expect(try bench.service("web").health == .healthy)
        #expect(try bench.pass(Milliseconds(9_999)) == [])
        #expect(try bench.pass(Milliseconds(1)) == [ask])
    }

    @Test func readinessFollowsItsThresholdsAndEndsNothing() throws {
        var patient = check
        patient.successThreshold = 2
        patient.failureThreshold = 2
        var bench = try running { $0.readiness = patient }
        var ready: [Bool] = []
        for passed in [true, true, false, true, false, false, true, true] {
            _ = try bench.pass(Milliseconds(10_000))
            #expect(try bench.tell(probed(.readiness, passed)) == [])
            ready.append(try bench.service("web").isReady)
        }
        #expect(ready == [false, true, true, true, true, false, false, true])
        #expect(
            bench.kinds().filter { $0.utf8.starts(with: "service".utf8) }
                == ["service.ready", "service.unready", "service.ready"])
    }

    @Test func anAnswerThatWasNotAskedForDoesNotCount() throws {
        var bench = try running { $0.readiness = check }
        #expect(try bench.tell(probed(.readiness, true)) == [])
        #expect(try !bench.service("web").isReady)
        #expect(try bench.service("web").checks == [])
        _ = try bench.pass(Milliseconds(0))
        #expect(try bench.tell(probed(.liveness, true)) == [])
        #expect(try bench.service("web").checks == [])
    }

    // MARK: Liveness

    @Test func aServiceThatFailsItsLivenessCheckIsEndedAndStartedAgain() throws {
        var bench = try running { $0.liveness = check }
        for _ in 0..<2 {
            #expect(try bench.pass(Milliseconds(10_000)) == [.probe(run(1), .liveness, check)])
            #expect(try bench.tell(probed(.liveness, false)) == [])
        }
        _ = try bench.pass(Milliseconds(10_000))
        #expect(try bench.tell(probed(.liveness, false)) == [.signalRun(run(1), signal: 15)])
        #expect(try bench.service("web").health == .unhealthy)
        #expect(try bench.service("web").reason == "liveness check failed: connection refused")
        #expect(bench.reports.map(\.kind).contains("service.unhealthy"))
        #expect(try bench.pass(Milliseconds(10_000)) == [.killRun(run(1))])
        _ = try bench.tell(.runEnded(run(1), .killed(signal: 9)))
        #expect(try bench.service("web").phase == .backingOff)
        #expect(try bench.pass(Milliseconds(500)) == [.startRun(run(2), shop, web)])
    }

    @Test func aPassInBetweenForgivesFailures() throws {
        var bench = try running { $0.liveness = check }
        for passed in [false, false, true, false, false, true] {
            _ = try bench.pass(Milliseconds(10_000))
            #expect(try bench.tell(probed(.liveness, passed)) == [])
        }
    }

    @Test func failuresInTheStartPeriodAreShownAndDoNotCount() throws {
        var slow = check
        slow.startPeriod = Milliseconds(15_000)
        slow.failureThreshold = 1
        var bench = try running { $0.liveness = slow }
        _ = try bench.pass(Milliseconds(0))
        #expect(try bench.tell(probed(.liveness, false)) == [])
        #expect(try bench.service("web").checks.map(\.reason) == ["connection refused"])
        _ = try bench.pass(Milliseconds(10_000))
        #expect(try bench.tell(probed(.liveness, false)) == [])
        _ = try bench.pass(Milliseconds(10_000))
        #expect(try bench.tell(probed(.liveness, false)) == [.signalRun(run(1), signal: 15)])
    }

    @Test func anAnswerAboutAnOldRunDoesNotCount() throws {
        var once = check
        once.failureThreshold = 1
        var bench = try running { $0.liveness = once }
        _ = try bench.pass(Milliseconds(0))
        _ = try bench.tell(.runEnded(run(1), .exited(code: 1)))
        try bench.bringUp(try bench.pass(Milliseconds(500)))
        #expect(try bench.tell(probed(.liveness, false)) == [])
        #expect(try bench.service("web").run == run(2))
        #expect(try bench.service("web").phase == .running)
    }

    @Test func sixteenResultsAreKept() throws {
        var bench = try running { $0.readiness = check }
        for index in 0..<40 {
            _ = try bench.pass(Milliseconds(10_000))
            _ = try bench.tell(probed(.readiness, index % 2 == 0))
        }
        let checks = try bench.service("web").checks
        #expect(checks.count == 16)
        #expect(checks.last?.passed == false)
        #expect(checks.last?.at == bench.now)
    }

    @Test func aReasonFromTheSandboxIsPrintableAndBounded() throws {
        var bench = try running { $0.readiness = check }
        _ = try bench.pass(Milliseconds(0))
        let long = "a\u{1B}[2J" + String(repeating: "x", count: 100_000)
        _ = try bench.tell(.probed(run(1), .readiness, .failed(reason: long)))
        let reason = try bench.service("web").checks[0].reason
        #expect(reason.utf8.starts(with: "a\\u{1b}[2Jxxx".utf8))
        #expect(reason.utf8.count < 300)
    }

    // MARK: Start

    @Test func untilTheStartUpCheckHasPassedNothingElseIsAsked() throws {
        var bench = try running {
            $0.startup = check
            $0.readiness = check
            $0.liveness = check
        }
        #expect(try bench.pass(Milliseconds(0)) == [.probe(run(1), .startup, check)])
        #expect(try bench.tell(probed(.startup, true)) == [])
        #expect(
            try bench.pass(Milliseconds(0))
                == [.probe(run(1), .readiness, check), .probe(run(1), .liveness, check)])
        _ = try bench.tell(probed(.readiness, true))
        #expect(try bench.service("web").isReady)
    }

    @Test func aServiceThatDoesNotStartIsUnhealthy() throws {
        var bench = try running { $0.startup = check }
        for _ in 0..<2 {
            _ = try bench.pass(Milliseconds(10_000))
            #expect(try bench.tell(probed(.startup, false)) == [])
        }
        _ = try bench.pass(Milliseconds(10_000))
        #expect(try bench.tell(probed(.startup, false)) == [.signalRun(run(1), signal: 15)])
        #expect(try bench.service("web").reason == "startup check failed: connection refused")
    }

    @Test func whatNotifiesIsReadyWhenItSaysSo() throws {
        var bench = try running {
            $0.notifiesReady = true
            $0.liveness = check
        }
        #expect(try bench.pass(Milliseconds(89_999)) == [])
        #expect(try !bench.service("web").isReady)
        #expect(try bench.tell(.notified(run(1), .ready)) == [])
        #expect(try bench.service("web").isReady)
        #expect(try bench.service("web").health == .healthy)
        #expect(try bench.pass(Milliseconds(1)) == [.probe(run(1), .liveness, check)])
    }

    @Test func whatDoesNotSaySoInTimeIsUnhealthy() throws {
        var bench = try running { $0.notifiesReady = true }
        #expect(try bench.pass(Milliseconds(89_999)) == [])
        #expect(try bench.pass(Milliseconds(1)) == [.signalRun(run(1), signal: 15)])
        #expect(try bench.service("web").reason == "did not say READY=1 within 1m30s")
    }

    // MARK: Watchdog

    @Test func theWatchdogBarksAfterASilence() throws {
        var bench = try running { $0.watchdog = Milliseconds(3_000) }
        for _ in 0..<5 {
            #expect(try bench.pass(Milliseconds(2_999)) == [])
            _ = try bench.tell(.notified(run(1), .watchdog))
        }
        #expect(try bench.pass(Milliseconds(2_999)) == [])
        #expect(try bench.pass(Milliseconds(1)) == [.signalRun(run(1), signal: 15)])
        #expect(try bench.service("web").reason == "did not say WATCHDOG=1 within 3s")
    }

    @Test func theWatchdogSleepsUntilTheServiceIsUp() throws {
        var bench = try running {
            $0.watchdog = Milliseconds(3_000)
            $0.notifiesReady = true
        }
        #expect(try bench.pass(Milliseconds(60_000)) == [])
        _ = try bench.tell(.notified(run(1), .ready))
        #expect(try bench.pass(Milliseconds(3_000)) == [.signalRun(run(1), signal: 15)])
    }

    // MARK: Freezing

    @Test func whileItIsFrozenNothingIsAskedAndNothingRunsOut() throws {
        var bench = try running {
            $0.watchdog = Milliseconds(3_000)
            $0.liveness = check
        }
        _ = try bench.pass(Milliseconds(0))
        _ = try bench.tell(.requested(.pause, shop, service: nil))
        #expect(bench.fleet.nextDeadline == nil)
        #expect(try bench.pass(Milliseconds(600_000)) == [])
        _ = try bench.tell(.requested(.resume, shop, service: nil))
        // The spans begin anew.
        #expect(try bench.pass(Milliseconds(2_999)) == [])
        _ = try bench.tell(.notified(run(1), .watchdog))
        #expect(try bench.service("web").phase == .running)
    }

    @Test func aCheckThatRunsOutOfTimeInTheFreezeDoesNotCount() throws {
        var once = check
        once.failureThreshold = 1
        var bench = try running { $0.liveness = once }
        #expect(try bench.pass(Milliseconds(0)) == [.probe(run(1), .liveness, once)])
        _ = try bench.tell(.requested(.pause, shop, service: nil))
        #expect(try bench.tell(probed(.liveness, false)) == [])
        #expect(try bench.service("web").phase == .running)
        #expect(try bench.service("web").checks == [])
        _ = try bench.tell(.requested(.resume, shop, service: nil))
        #expect(try bench.pass(Milliseconds(20_000)) == [.probe(run(1), .liveness, once)])
    }

    @Test func anAnswerFromBeforeTheFreezeDoesNotCount() throws {
        var once = check
        once.failureThreshold = 1
        var bench = try running { $0.liveness = once }
        #expect(try bench.pass(Milliseconds(0)) == [.probe(run(1), .liveness, once)])
        _ = try bench.tell(.requested(.pause, shop, service: nil))
        _ = try bench.tell(.requested(.resume, shop, service: nil))
        #expect(try bench.pass(Milliseconds(20_000)) == [])
        #expect(try bench.tell(probed(.liveness, false)) == [])
        #expect(try bench.service("web").phase == .running)
        #expect(try bench.service("web").checks == [])
        #expect(try bench.pass(Milliseconds(0)) == [.probe(run(1), .liveness, once)])
        #expect(try bench.tell(probed(.liveness, false)) == [.signalRun(run(1), signal: 15)])
    }
}
