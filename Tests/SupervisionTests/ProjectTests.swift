import Plan
import Supervision
import Testing

@Suite struct ProjectTests {
    private let shop: ProjectName
    private let database: ProjectName
    private let web: WorkloadName

    init() throws {
        shop = try ProjectName("shop")
        database = try ProjectName("db")
        web = try WorkloadName("web")
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
        #expect(bench.fleet.owner(of: run(1))?.0 == shop)
        #expect(bench.fleet.owner(of: run(1))?.1 == web)
        #expect(bench.fleet.nextDeadline == nil)
    }

    @Test func stoppingEndsServicesThenTheSandbox() throws {
        var bench = try Bench([policy("shop", [service("web")])])
        _ = try bench.tell(.sandboxLaunched(shop))
        _ = try bench.tell(.runStarted(run(1)))
        let stop = Event.requested(.stop, shop, service: nil)
        #expect(try bench.tell(stop) == [.signalRun(run(1), signal: 15)])
        #expect(try bench.project("shop").phase == .stopping)
        #expect(try bench.pass(Milliseconds(9_999)) == [])
        #expect(try bench.pass(Milliseconds(1)) == [.killRun(run(1))])
        #expect(try bench.tell(.runEnded(run(1), .killed(signal: 9))) == [.endSandbox(shop)])
        #expect(try bench.tell(.sandboxEnded(shop, reason: "ended")) == [])
        #expect(try bench.project("shop").phase == .stopped)
        #expect(bench.fleet.nextDeadline == nil)
    }
}
