import Plan
import Supervision
import Testing

/// Places that are asked for, and what is taken from whoever has one.
@Suite struct RoomTests {
    private let shop: ProjectName
    private let mill: ProjectName
    private let web: WorkloadName

    init() throws {
        shop = try ProjectName("shop")
        mill = try ProjectName("mill")
        web = try WorkloadName("web")
    }

    private func gated(_ names: [String] = ["shop"]) throws -> Bench {
        try Bench(names.map { try policy($0, [service("web")]) }, isGated: true)
    }

    private func running() throws -> Bench {
        var bench = try gated()
        try bench.bringUp(try bench.tell(.admitted(shop)))
        return bench
    }

    private func verb(_ verb: Verb) -> Event { .requested(verb, shop, service: nil, by: 1_000) }

    private func preempted(_ what: ProjectRecord.Preemption) -> Event {
        .preempted(shop, what, reason: "memory is short")
    }

    // MARK: Places

    @Test func nothingIsLaunchedThatWasNotAdmitted() throws {
        var bench = try gated()
        #expect(bench.pending == [.admit(shop)])
        #expect(try bench.project("shop").phase == .initializing)
        #expect(try bench.project("shop").reason == "waits for room on the machine")
        #expect(bench.fleet.places.map(\.project) == [shop])
        #expect(try bench.tell(.timePassed) == [])
        #expect(try bench.tell(verb(.start)) == [])
        #expect(try bench.tell(.admitted(shop)) == [.launchSandbox(shop)])
        #expect(try bench.tell(.admitted(shop)) == [])
    }

    @Test func whatWaitsForOthersAsksForNoPlaceYet() throws {
        var bench = try Bench(
            [policy("mill"), policy("shop", after: ["mill"])], isGated: true)
        #expect(bench.pending == [.admit(mill)])
        _ = try bench.tell(.admitted(mill))
        #expect(try bench.tell(.sandboxLaunched(mill)) == [.admit(shop)])
        // The one it waits for is gone again: it does not keep what that one may need.
        _ = try bench.tell(.requested(.stop, mill, service: nil))
        #expect(bench.fleet.places.map(\.project) == [mill])
    }

    @Test func aPlaceIsKeptAcrossRestartsAndGivenBackInTheEnd() throws {
        var bench = try running()
        _ = try bench.tell(verb(.restart))
        _ = try bench.tell(.runEnded(run(1), .killed(signal: 15)))
        #expect(try bench.tell(.sandboxEnded(shop, reason: "")) == [.launchSandbox(shop)])
        _ = try bench.tell(.sandboxRefused(shop, reason: "no memory"))
        #expect(bench.fleet.places.first?.admission == .admitted)
        _ = try bench.tell(verb(.stop))
        #expect(bench.fleet.places.isEmpty)
        #expect(try bench.tell(verb(.start)) == [.admit(shop)])
    }

    @Test func whoWantsNoPlaceAnyMoreTakesNone() throws {
        var bench = try gated()
        _ = try bench.tell(verb(.stop))
        #expect(bench.fleet.places.isEmpty)
        #expect(try bench.tell(.admitted(shop)) == [])
        #expect(try bench.project("shop").phase == .stopped)
    }

    @Test func waitingGoesOnWhereItWasAndIsAskedForAgain() throws {
        var bench = try gated()
        let before = bench.fleet.places.map(\.admission)
        bench.now = bench.now + Milliseconds(60_000)
        bench.restore()
        #expect(try bench.tell(.timePassed) == [.admit(shop)])
        #expect(bench.fleet.places.map(\.admission) == before)
        // After a boot everybody comes anew.
        bench.restore(sameBoot: false)
        #expect(try bench.tell(.timePassed) == [.admit(shop)])
        #expect(bench.fleet.places.map(\.admission) == [.asked(since: bench.now.microseconds)])
    }

    @Test func whatHasASandboxHasBeenAdmitted() throws {
        var bench = try Bench([policy("shop", [service("web")])])
        try bench.bringUp()
        // By a supervisor that knew nothing of places.
        bench.records[shop]?.admission = .none
        var gated = try self.gated()
        gated.records = bench.records
        gated.restore()
        _ = try gated.tell(.runStarted(run(1)))
        #expect(try gated.tell(.timePassed) == [.updateLimits(shop), .thaw(shop)])
        #expect(gated.fleet.places.map(\.admission) == [.admitted])
    }

    @Test func waitingIsNotReported() throws {
        var bench = try gated()
        #expect(bench.kinds() == [])
        _ = try bench.tell(.admitted(shop))
        #expect(bench.kinds() == ["project.starting"])
    }

    // MARK: Preemption

    @Test func whatIsFrozenForOthersStandsStillUntilThatIsOver() throws {
        var bench = try running()
        #expect(try bench.tell(preempted(.frozen)) == [.freeze(shop)])
        #expect(try bench.project("shop").phase == .paused)
        #expect(try bench.project("shop").reason == "preempted: memory is short")
        #expect(bench.kinds().suffix(2) == ["project.preempted", "project.paused"])
        #expect(try bench.tell(preempted(.frozen)) == [])
        #expect(try bench.tell(preempted(.none)) == [.thaw(shop)])
        #expect(try bench.project("shop").phase == .active)
    }

    @Test func whatIsStoppedForOthersEndsForThatReasonAndComesBack() throws {
        var bench = try running()
        #expect(try bench.tell(preempted(.stopped)) == [.signalRun(run(1), signal: 15)])
        #expect(bench.fleet.stopOrder(of: run(1))?.cause == .preempted)
        #expect(bench.fleet.stopOrder(of: shop)?.text == "preempted: memory is short")
        #expect(try bench.tell(.runEnded(run(1), .killed(signal: 15))) == [.endSandbox(shop)])
        #expect(try bench.tell(.sandboxEnded(shop, reason: "")) == [])
        #expect(try bench.project("shop").phase == .stopped)
        #expect(try bench.project("shop").goal == .active)
        // Nobody comes in its place.
        #expect(bench.fleet.places.first?.admission == .admitted)
        #expect(try bench.tell(preempted(.none)) == [.launchSandbox(shop)])
    }

    @Test func oneThatStandsStillIsThawedToBeStopped() throws {
        var bench = try running()
        _ = try bench.tell(preempted(.frozen))
        #expect(
            try bench.tell(preempted(.stopped)) == [.thaw(shop), .signalRun(run(1), signal: 15)])
    }

    @Test(arguments: [Verb.start, .resume, .restart, .maintain])
    func whoWantsItToRunHasTheLastWord(verb: Verb) throws {
        var bench = try running()
        _ = try bench.tell(preempted(.frozen))
        #expect(try bench.tell(self.verb(verb)).contains(.thaw(shop)))
        #expect(bench.fleet.preemption(of: shop) == .none)
    }

    @Test func anOperatorsPauseOutlastsThePreemption() throws {
        var bench = try running()
        _ = try bench.tell(preempted(.frozen))
        _ = try bench.tell(verb(.pause))
        #expect(try bench.tell(preempted(.none)) == [])
        #expect(try bench.project("shop").phase == .paused)
        #expect(try bench.tell(verb(.resume)) == [.thaw(shop)])
    }

    @Test func whoStandsStillOutsideItsHoursGoesOnWhenTheyBegin() throws {
        var bench = try running()
        #expect(try bench.tell(preempted(.resting)) == [.freeze(shop)])
        #expect(try bench.project("shop").phase == .paused)
        #expect(try bench.tell(.hoursBegan(shop)) == [.thaw(shop)])
        #expect(bench.fleet.preemption(of: shop) == .none)
        // One that makes room for others does so at any hour.
        _ = try bench.tell(preempted(.frozen))
        #expect(try bench.tell(.hoursBegan(shop)) == [])
        #expect(bench.fleet.preemption(of: shop) == .frozen)
    }

    @Test func thatAnOperatorWantsItOutsideItsHoursIsKnownUntilTheyBegin() throws {
        var bench = try running()
        _ = try bench.tell(preempted(.resting))
        _ = try bench.tell(verb(.resume))
        #expect(bench.fleet.isAwake(shop) && !bench.fleet.isSpared(shop))
        bench.restore()
        _ = try bench.tell(.runStarted(run(1)))
        _ = try bench.tell(.timePassed)
        #expect(bench.fleet.isAwake(shop))
        bench.restore(sameBoot: false)
        #expect(bench.fleet.isAwake(shop))
        _ = try bench.tell(.timePassed)
        _ = try bench.tell(.hoursBegan(shop))
        #expect(!bench.fleet.isAwake(shop))
    }

    @Test func thatAnOperatorWantsItInSpiteOfAllIsKnownUntilTheMachineIsAtEase() throws {
        var bench = try running()
        _ = try bench.tell(preempted(.frozen))
        _ = try bench.tell(verb(.resume))
        #expect(bench.fleet.isSpared(shop) && !bench.fleet.isAwake(shop))
        bench.restore()
        _ = try bench.tell(.runStarted(run(1)))
        _ = try bench.tell(.timePassed)
        #expect(bench.fleet.isSpared(shop) && bench.fleet.sparesAnybody)
        _ = try bench.tell(.machineEased)
        #expect(!bench.fleet.sparesAnybody)
        #expect(bench.fleet.record(of: shop)?.isSpared == false)
    }

    @Test func theNextSupervisorKnowsWhatWasTaken() throws {
        var bench = try running()
        _ = try bench.tell(preempted(.frozen))
        bench.restore()
        _ = try bench.tell(.runStarted(run(1)))
        #expect(try bench.tell(.timePassed) == [.updateLimits(shop), .freeze(shop)])
        #expect(try bench.project("shop").reason == "preempted: memory is short")
        // With the boot what was short is there again.
        bench.restore(sameBoot: false)
        #expect(bench.fleet.preemption(of: shop) == .none)
    }
}
