import Plan
import Supervision
import Testing

/// One project through its life.
@Suite struct ProjectTests {
    private let shop: ProjectName
    private let web: WorkloadName

    init() throws {
        shop = try ProjectName("shop")
        web = try WorkloadName("web")
    }

    private func verb(_ verb: Verb) -> Event { .requested(verb, shop, service: nil) }

    private func running() throws -> Bench {
        var bench = try Bench([policy("shop", [service("web")])])
        try bench.bringUp()
        _ = bench.kinds()
        return bench
    }

    @Test func aProjectIsLaunchedThenItsServicesAre() throws {
        var bench = try Bench([policy("shop", [service("web")])])
        #expect(bench.pending == [.launchSandbox(shop)])
        #expect(try bench.project("shop").phase == .starting)
        #expect(try bench.tell(.sandboxLaunched(shop)) == [.startRun(run(1), shop, web)])
        #expect(try bench.project("shop").phase == .active)
        #expect(try bench.service("web").phase == .starting)
        #expect(try !bench.project("shop").isReady)
        #expect(try bench.tell(.runStarted(run(1))) == [])
        #expect(try bench.project("shop").isReady)
        #expect(try bench.service("web").phase == .running)
        #expect(try bench.service("web").startedAt == bench.now)
        #expect(bench.fleet.owner(of: run(1))?.0 == shop)
        #expect(bench.fleet.owner(of: run(1))?.1 == web)
        #expect(bench.fleet.nextDeadline == nil)
        #expect(
            bench.kinds() == [
                "project.starting", "project.active", "service.started", "service.ready",
                "project.ready",
            ])
    }

    @Test func aProjectWithoutServicesIsReadyAsSoonAsItIsUp() throws {
        var bench = try Bench([policy("shop")])
        #expect(try bench.tell(.sandboxLaunched(shop)) == [])
        #expect(try bench.project("shop").isReady)
    }

    @Test func stoppingEndsServicesThenTheSandbox() throws {
        var bench = try running()
        #expect(try bench.tell(verb(.stop)) == [.signalRun(run(1), signal: 15)])
        #expect(try bench.project("shop").phase == .stopping)
        #expect(try bench.service("web").reason == "its project stops")
        #expect(try bench.pass(Milliseconds(9_999)) == [])
        #expect(try bench.pass(Milliseconds(1)) == [.killRun(run(1))])
        #expect(try bench.tell(.runEnded(run(1), .killed(signal: 9))) == [.endSandbox(shop)])
        #expect(try bench.tell(.sandboxEnded(shop, reason: "ended")) == [])
        #expect(try bench.project("shop").phase == .stopped)
        #expect(bench.fleet.nextDeadline == nil)
        #expect(bench.fleet.owner(of: run(1)) == nil)
        #expect(try bench.tell(verb(.start)) == [.launchSandbox(shop)])
    }

    @Test func whatIsStoppedWhileItIsLaunchedIsEndedWhenItIsThere() throws {
        var bench = try Bench([policy("shop", [service("web")])])
        #expect(try bench.tell(verb(.stop)) == [])
        #expect(try bench.project("shop").phase == .stopping)
        #expect(try bench.tell(.sandboxLaunched(shop)) == [.endSandbox(shop)])
        _ = try bench.tell(.sandboxEnded(shop, reason: "ended"))
        #expect(try bench.project("shop").phase == .stopped)
    }

    @Test func startingWhatStopsStartsItWhenItHasStopped() throws {
        var bench = try running()
        _ = try bench.tell(verb(.stop))
        #expect(try bench.tell(verb(.start)) == [])
        #expect(try bench.project("shop").phase == .stopping)
        #expect(try bench.tell(.runEnded(run(1), .exited(code: 0))) == [.endSandbox(shop)])
        #expect(try bench.tell(.sandboxEnded(shop, reason: "ended")) == [.launchSandbox(shop)])
    }

    @Test func restartingMakesAnotherSandbox() throws {
        var bench = try running()
        #expect(try bench.tell(verb(.restart)) == [.signalRun(run(1), signal: 15)])
        #expect(try bench.tell(.runEnded(run(1), .exited(code: 0))) == [.endSandbox(shop)])
        #expect(try bench.tell(.sandboxEnded(shop, reason: "ended")) == [.launchSandbox(shop)])
        #expect(try bench.tell(.sandboxLaunched(shop)) == [.startRun(run(2), shop, web)])
    }

    @Test func pausingFreezesAndResumingThaws() throws {
        var bench = try running()
        #expect(try bench.tell(verb(.pause)) == [.freeze(shop)])
        #expect(try bench.project("shop").phase == .paused)
        #expect(try !bench.project("shop").isReady)
        #expect(try bench.service("web").phase == .running)
        #expect(try bench.tell(verb(.pause)) == [])
        #expect(try bench.tell(verb(.resume)) == [.thaw(shop)])
        #expect(try bench.project("shop").isReady)
    }

    @Test func whatIsFrozenIsThawedBeforeItIsStopped() throws {
        var bench = try running()
        _ = try bench.tell(verb(.pause))
        #expect(try bench.tell(verb(.stop)) == [.thaw(shop), .signalRun(run(1), signal: 15)])
    }

    @Test func nothingStartsInAFrozenProject() throws {
        var bench = try running()
        _ = try bench.tell(verb(.pause))
        #expect(try bench.tell(.runEnded(run(1), .exited(code: 1))) == [])
        #expect(bench.fleet.nextDeadline == nil)
        #expect(try bench.pass(Milliseconds(60_000)) == [])
        #expect(try bench.tell(verb(.resume)) == [.thaw(shop)])
        #expect(try bench.pass(Milliseconds(0)) == [.startRun(run(2), shop, web)])
    }

    @Test func graceBeginsAnewAfterAFreeze() throws {
        var bench = try running()
        _ = try bench.tell(.requested(.restart, shop, service: web))
        _ = try bench.tell(verb(.pause))
        #expect(try bench.pass(Milliseconds(60_000)) == [])
        _ = try bench.tell(verb(.resume))
        #expect(try bench.pass(Milliseconds(9_999)) == [])
        #expect(try bench.pass(Milliseconds(1)) == [.killRun(run(1))])
    }

    @Test func whatIsHeldStandsStillAndIsActiveAndWhatEndsItWaits() throws {
        var bench = try running()
        #expect(try bench.tell(.held(shop, true)) == [.freeze(shop)])
        #expect(try bench.project("shop").phase == .active)
        #expect(try bench.project("shop").isReady)
        #expect(bench.fleet.nextDeadline == nil)
        #expect(try bench.tell(verb(.pause)) == [])
        #expect(try bench.tell(verb(.resume)) == [])
        #expect(try bench.tell(verb(.stop)) == [])
        #expect(
            try bench.tell(.held(shop, false)) == [.thaw(shop), .signalRun(run(1), signal: 15)])
    }

    @Test func aRestartOfWhatIsHeldIsDoneAfterItUnlessItEndedByItself() throws {
        for endsByItself in [false, true] {
            var bench = try running()
            _ = try bench.tell(.held(shop, true))
            #expect(try bench.tell(verb(.restart)) == [])
            if endsByItself {
                _ = try bench.tell(.sandboxEnded(shop, reason: "killed"))
                #expect(try bench.tell(.held(shop, false)) == [])
            } else {
                #expect(
                    try bench.tell(.held(shop, false))
                        == [.thaw(shop), .signalRun(run(1), signal: 15)])
            }
        }
    }

    @Test func whatIsPausedStaysFrozenWhenItIsHeldNoMore() throws {
        var bench = try running()
        _ = try bench.tell(verb(.pause))
        #expect(try bench.tell(.held(shop, true)) == [])
        #expect(try bench.tell(.held(shop, false)) == [])
    }

    @Test func theMachineGoesDownWhateverIsHeld() throws {
        var bench = try running()
        _ = try bench.tell(.held(shop, true))
        #expect(try bench.tell(.shutDown) == [.thaw(shop), .signalRun(run(1), signal: 15)])
    }

    @Test func maintenanceKeepsTheSandboxAndStopsServices() throws {
        var bench = try running()
        #expect(try bench.tell(verb(.maintain)) == [.signalRun(run(1), signal: 15)])
        #expect(try bench.project("shop").phase == .maintenance)
        #expect(try bench.tell(.runEnded(run(1), .exited(code: 0))) == [])
        #expect(try bench.service("web").phase == .stopped)
        try bench.fleet.canExecute(in: shop)
        #expect(try bench.tell(verb(.pause)) == [.freeze(shop)])
        #expect(try bench.tell(verb(.maintain)) == [.thaw(shop)])
        #expect(try bench.tell(verb(.resume)) == [.startRun(run(2), shop, web)])
    }

    @Test func restartingWhatIsInMaintenanceLeavesItThere() throws {
        var bench = try Bench([policy("shop", [service("web")])])
        _ = try bench.tell(verb(.maintain))
        #expect(try bench.project("shop").phase == .starting)
        #expect(try bench.tell(.sandboxLaunched(shop)) == [])
        #expect(try bench.tell(verb(.restart)) == [.endSandbox(shop)])
        #expect(try bench.tell(.sandboxEnded(shop, reason: "ended")) == [.launchSandbox(shop)])
        #expect(try bench.tell(.sandboxLaunched(shop)) == [])
        #expect(try bench.project("shop").phase == .maintenance)
    }

    @Test func whatIsArchivedComesBackOnlyByResume() throws {
        var bench = try running()
        _ = try bench.tell(verb(.archive))
        _ = try bench.tell(.runEnded(run(1), .exited(code: 0)))
        _ = try bench.tell(.sandboxEnded(shop, reason: "ended"))
        #expect(try bench.project("shop").phase == .archived)
        let refused = try bench.refusal(of: verb(.start))
        #expect(
            refused.message
                == """
                project 'shop' is archived: start works when it is initializing, starting, active, \
                maintenance, stopping, stopped or failed
                """)
        #expect(refused.hint == "take it out of the archive with: bulkhead resume shop")
        #expect(try bench.tell(verb(.resume)) == [.launchSandbox(shop)])
    }

    @Test func removingStopsFirstAndForgetsThen() throws {
        var bench = try running()
        #expect(try bench.tell(verb(.remove)) == [.signalRun(run(1), signal: 15)])
        #expect(try bench.refusal(of: verb(.start)) == .beingRemoved(shop))
        #expect(try bench.tell(verb(.remove)) == [])
        #expect(try bench.tell(.runEnded(run(1), .exited(code: 0))) == [.endSandbox(shop)])
        #expect(bench.records[shop] != nil)
        _ = try bench.tell(.sandboxEnded(shop, reason: "ended"))
        #expect(bench.records[shop] == nil)
        #expect(bench.fleet.view(of: shop) == nil)
        #expect(try bench.refusal(of: verb(.start)) == .noSuchProject(shop, nearest: nil))
    }

    // MARK: Failures

    @Test func aRefusedLaunchIsTriedAgainLaterEachTime() throws {
        var bench = try Bench([policy("shop")])
        var spans: [Int64] = []
        for _ in 0..<12 {
            _ = try bench.tell(.sandboxRefused(shop, reason: "no memory"))
            let view = try bench.project("shop")
            #expect(view.phase == .failed)
            #expect(view.reason == "could not be launched: no memory")
            let due = try unwrap(view.dueAt, "next launch")
            spans.append(due.microseconds - bench.now.microseconds)
            bench.now = due
            #expect(try bench.tell(.timePassed) == [.launchSandbox(shop)])
        }
        for (index, span) in spans.enumerated() {
            let middle = min(1_000_000 << index, 300_000_000)
            #expect(abs(Int(span) - middle) <= middle / 5)
            #expect(span <= 300_000_000)
        }
    }

    @Test func startingWhatHasFailedTriesAgainAtOnce() throws {
        var bench = try Bench([policy("shop")])
        _ = try bench.tell(.sandboxRefused(shop, reason: "no memory"))
        #expect(try bench.tell(verb(.start)) == [.launchSandbox(shop)])
    }

    @Test func aLostSandboxIsLaunchedAgainWithItsServices() throws {
        var bench = try running()
        _ = try bench.tell(.sandboxEnded(shop, reason: "its init was killed"))
        #expect(bench.kinds() == ["project.lost", "project.failed"])
        #expect(try bench.project("shop").reason == "its sandbox ended: its init was killed")
        #expect(bench.fleet.owner(of: run(1)) == nil)
        #expect(try bench.tell(.runEnded(run(1), .lost)) == [])
        #expect(try bench.pass(Milliseconds(2_000)) == [.launchSandbox(shop)])
        #expect(try bench.tell(.sandboxLaunched(shop)) == [.startRun(run(2), shop, web)])
    }

    @Test func aSandboxThatWasUpLongIsNotLaunchedLaterForItsOldFailures() throws {
        var bench = try Bench([policy("shop")])
        for _ in 0..<5 {
            _ = try bench.tell(.sandboxRefused(shop, reason: "no memory"))
            _ = try bench.tell(verb(.start))
            _ = try bench.tell(.sandboxRefused(shop, reason: "no memory"))
            bench.now = try unwrap(bench.fleet.nextDeadline, "next launch")
            _ = try bench.tell(.timePassed)
        }
        _ = try bench.tell(.sandboxLaunched(shop))
        _ = try bench.pass(Milliseconds(60_000))
        _ = try bench.tell(.sandboxEnded(shop, reason: "gone"))
        #expect(try bench.pass(Milliseconds(1_200)) == [.launchSandbox(shop)])
    }

    @Test func shutDownEndsEverythingAndForgetsNoWish() throws {
        var bench = try running()
        #expect(try bench.tell(.shutDown) == [.signalRun(run(1), signal: 15)])
        #expect(try bench.refusal(of: verb(.start)) == .shuttingDown)
        #expect(try bench.tell(.runEnded(run(1), .exited(code: 0))) == [.endSandbox(shop)])
        #expect(try bench.tell(.sandboxEnded(shop, reason: "ended")) == [])
        #expect(bench.fleet.nextDeadline == nil)
        #expect(bench.records[shop]?.goal == .active)
        bench.restore(sameBoot: false)
        #expect(try bench.tell(.timePassed) == [.launchSandbox(shop)])
    }
}
