import Plan
import Supervision
import Testing

/// Projects that need each other.
@Suite struct DependencyTests {
    private let database: ProjectName
    private let shop: ProjectName

    init() throws {
        database = try ProjectName("db")
        shop = try ProjectName("shop")
    }

    private func policies() throws -> [ProjectPolicy] {
        let check = try service("sql") { $0.health.readiness = HealthCheck(.tcp(port: 5_432)) }
        return [try policy("shop", after: ["db"], [service("web")]), try policy("db", [check])]
    }

    private func verb(_ verb: Verb, _ name: ProjectName) -> Event {
        .requested(verb, name, service: nil)
    }

    private func running() throws -> Bench {
        var bench = try Bench(policies())
        try bench.bringUp()
        _ = try bench.pass(Milliseconds(0))
        try bench.bringUp(try bench.tell(.probed(run(1), .readiness, .passed)))
        return bench
    }

    @Test func aProjectWaitsUntilWhatItDependsOnIsReady() throws {
        var bench = try Bench(policies())
        #expect(bench.pending == [.launchSandbox(database)])
        #expect(try bench.project("shop").phase == .initializing)
        #expect(try bench.project("shop").reason == "waits for db")
        try bench.bringUp()
        // It runs, and that is not yet ready.
        #expect(try bench.project("shop").phase == .initializing)
        let check = HealthCheck(.tcp(port: 5_432))
        #expect(try bench.pass(Milliseconds(0)) == [.probe(run(1), .readiness, check)])
        #expect(
            try bench.tell(.probed(run(1), .readiness, .passed)) == [.launchSandbox(shop)])
        #expect(bench.fleet.views.map(\.policy.name) == [database, shop])
    }

    @Test func dependantsThatRunAreLeftAloneWhenItIsNoLongerReady() throws {
        var bench = try running()
        for _ in 0..<3 {
            _ = try bench.pass(Milliseconds(10_000))
            _ = try bench.tell(.probed(run(1), .readiness, .failed(reason: "refused")))
        }
        #expect(try !bench.project("db").isReady)
        #expect(try bench.project("shop").isReady)
        #expect(try bench.tell(verb(.restart, shop)) == [.signalRun(run(2), signal: 15)])
        _ = try bench.tell(.runEnded(run(2), .exited(code: 0)))
        #expect(try bench.tell(.sandboxEnded(shop, reason: "ended")) == [])
        #expect(try bench.project("shop").reason == "waits for db")
    }

    @Test(arguments: [Verb.stop, .archive]) func whatOthersNeedIsNotStopped(verb: Verb) throws {
        var bench = try running()
        let before = bench.records
        let refused = try bench.refusal(of: self.verb(verb, database))
        #expect(refused == .needed(database, verb, by: [shop]))
        #expect(refused.message == "cannot \(verb.rawValue) project 'db': 'shop' depends on it")
        #expect(refused.hint == "first: bulkhead stop shop")
        #expect(bench.fleet.record(of: database) == before[database])
        // One that only waits for it needs nothing yet.
        var waiting = try Bench(policies())
        #expect(try waiting.tell(self.verb(.stop, database)) == [])
    }

    @Test func whatIsConfiguredToNeedAProjectKeepsItFromRemoval() throws {
        var bench = try running()
        _ = try bench.tell(verb(.stop, shop))
        let refused = try bench.refusal(of: verb(.remove, database))
        #expect(refused == .needed(database, .remove, by: [shop]))
        #expect(refused.hint == "remove those first, or their dependency on it")
        _ = try bench.tell(verb(.remove, shop))
        #expect(try bench.tell(verb(.remove, database)) == [])
    }

    @Test(arguments: [Event.shutDown, .configured([])])
    func theEndGoesTheOtherWayRound(event: Event) throws {
        var bench = try running()
        #expect(try bench.tell(event) == [.signalRun(run(2), signal: 15)])
        #expect(try bench.tell(.runEnded(run(2), .exited(code: 0))) == [.endSandbox(shop)])
        #expect(
            try bench.tell(.sandboxEnded(shop, reason: "ended"))
                == [.signalRun(run(1), signal: 15)])
        #expect(try bench.tell(.runEnded(run(1), .exited(code: 0))) == [.endSandbox(database)])
    }

    @Test func aStopWaitsForDependantsThatStop() throws {
        var bench = try running()
        _ = try bench.tell(verb(.stop, shop))
        #expect(try bench.tell(verb(.stop, database)) == [])
        #expect(try bench.project("db").phase == .stopping)
        #expect(try bench.service("sql", of: "db").phase == .running)
        _ = try bench.tell(.runEnded(run(2), .exited(code: 0)))
        #expect(
            try bench.tell(.sandboxEnded(shop, reason: "ended"))
                == [.signalRun(run(1), signal: 15)])
    }

    @Test func aDependencyThatIsNotThereIsWaitedFor() throws {
        let bench = try Bench([policy("shop", after: ["db"])])
        #expect(bench.pending == [])
        #expect(try bench.project("shop").reason == "waits for db")
    }

    @Test func aCircleWaitsAndCanBeStopped() throws {
        var bench = try Bench([policy("shop", after: ["db"]), policy("db", after: ["shop"])])
        #expect(bench.pending == [])
        #expect(try bench.tell(verb(.stop, shop)) == [])
        #expect(try bench.project("shop").phase == .stopped)
        #expect(try bench.tell(.configured([])) == [])
        #expect(bench.fleet.views.isEmpty)
    }

    @Test func ofMoreThanALineHoldsHowManyThereAre() throws {
        let names = (0..<12).map { "p\($0)" }
        let bench = try Bench([policy("shop", after: names)])
        #expect(
            try bench.project("shop").reason
                == "waits for p0, p1, p2, p3, p4, p5, p6, p7 and 4 more")
    }
}
