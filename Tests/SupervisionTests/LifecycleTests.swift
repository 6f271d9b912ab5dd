import Plan
import Supervision
import Syscalls
import Testing

/// The table of verbs and phases, and what is said to whom it refuses.
@Suite struct LifecycleTests {
    private let shop: ProjectName

    init() throws { shop = try ProjectName("shop") }

    /// In each phase, by the events that lead there; and what was asked for on the way.
    private func bench(in phase: ProjectPhase) throws -> (Bench, open: [Effect]) {
        var bench = try Bench(
            phase == .initializing
                ? [policy("shop", after: ["db"], [service("web")]), policy("db")]
                : [policy("shop", [service("web")])])
        let events: [Event]
        switch phase {
        case .initializing, .starting: events = []
        case .active: events = [.sandboxLaunched(shop)]
        case .paused: events = [.sandboxLaunched(shop), verb(.pause)]
        case .maintenance: events = [.sandboxLaunched(shop), verb(.maintain)]
        case .stopping: events = [.sandboxLaunched(shop), verb(.stop)]
        case .stopped: events = [.sandboxRefused(shop, reason: "no"), verb(.stop)]
        case .failed: events = [.sandboxRefused(shop, reason: "no")]
        case .archived: events = [.sandboxRefused(shop, reason: "no"), verb(.archive)]
        }
        var open = events.isEmpty ? bench.pending : []
        for event in events { open += try bench.tell(event) }
        #expect(try bench.project("shop").phase == phase)
        return (bench, open)
    }

    private func verb(_ verb: Verb) -> Event { .requested(verb, shop, service: nil) }

    @Test(arguments: ProjectPhase.allCases, Verb.allCases)
    func aVerbDoesWhatTheTableSays(phase: ProjectPhase, verb: Verb) throws {
        var (bench, open) = try bench(in: phase)
        let before = bench.records
        switch Lifecycle.answer(to: verb, in: phase) {
        case .refused:
            let refused = try bench.refusal(of: self.verb(verb))
            let allowed = Lifecycle.phases(for: verb)
            #expect(
                refused == .wrongPhase(shop, phase, verb: verb.rawValue, allowed: allowed))
            #expect(bench.records == before)
        case .holds:
            #expect(try bench.tell(self.verb(verb)) == [])
            #expect(bench.records == before)
        case .becomes(let next):
            // With everything answered it gets there.
            open += try bench.tell(self.verb(verb))
            while let deed = open.first {
                open.removeFirst()
                switch deed {
                case .launchSandbox(let name): open += try bench.tell(.sandboxLaunched(name))
                case .endSandbox(let name):
                    open += try bench.tell(.sandboxEnded(name, reason: "ended"))
                case .startRun(let run, _, _): open += try bench.tell(.runStarted(run))
                case .signalRun(let run, signal: _):
                    open += try bench.tell(.runEnded(run, .exited(code: 0)))
                default: break
                }
            }
            if verb == .remove {
                #expect(bench.fleet.view(of: shop) == nil)
            } else {
                #expect(try bench.project("shop").phase == next)
                #expect(try bench.project("shop").isReady == (next == .active))
            }
        }
    }

    @Test(arguments: ProjectPhase.allCases) func commandsRunWhereTheTableSaysSo(
        phase: ProjectPhase
    ) throws {
        let (bench, _) = try bench(in: phase)
        do {
            try bench.fleet.canExecute(in: shop)
            #expect(Lifecycle.canExecute(in: phase))
        } catch {
            #expect(!Lifecycle.canExecute(in: phase))
            #expect(
                error.message
                    == "project 'shop' is \(phase.rawValue): exec works when it is active or maintenance"
            )
        }
    }

    @Test(arguments: ProjectPhase.allCases, Verb.allCases)
    func servicesAreCommandedWhereTheTableSaysSo(phase: ProjectPhase, verb: Verb) throws {
        var (bench, _) = try bench(in: phase)
        let before = bench.records
        let event = Event.requested(verb, shop, service: try WorkloadName("web"))
        if Lifecycle.commandsServices(in: phase), [.start, .stop, .restart].contains(verb) {
            _ = try bench.tell(event)
            return
        }
        let refused = try bench.refusal(of: event)
        if phase == .active {
            #expect(refused == .notForServices(verb))
        } else {
            #expect(
                refused
                    == .wrongPhase(
                        shop, phase, verb: "\(verb.rawValue) of a service", allowed: [.active]))
        }
        #expect(bench.records == before)
    }

    @Test func namesThatAreNotThereAreGuessed() throws {
        var (bench, _) = try bench(in: .active)
        let project = try bench.refusal(
            of: .requested(.stop, try ProjectName("shpo"), service: nil))
        #expect(project.message == "there is no project 'shpo'")
        #expect(project.hint == "did you mean shop?")
        let service = try bench.refusal(of: .requested(.stop, shop, service: WorkloadName("wbe")))
        #expect(service.message == "project 'shop' has no service 'wbe'")
        #expect(service.hint == "did you mean web?")
        #expect(
            VerbRefused.noSuchService(try WorkloadName("x"), shop, nearest: nil).hint
                == "see its services with: bulkhead status shop")
    }

    @Test func everyRefusalSaysWhatToDo() throws {
        for phase in ProjectPhase.allCases where phase != .active {
            let refused = VerbRefused.wrongPhase(shop, phase, verb: "x", allowed: [.active])
            #expect(refused.hint != nil)
        }
        #expect(
            VerbRefused.notForServices(.pause).message
                == "pause is for projects; a service knows start, stop and restart")
    }

    @Test func thePageShowsTheTableAsItIs() throws {
        let source = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let page = try readFile("/\(source)/docs/lifecycle.md")
        let lines = page.utf8.split(separator: UInt8(ascii: "\n"))
            .map { String(decoding: $0, as: UTF8.self) }
        let table = Lifecycle.table.utf8.split(separator: UInt8(ascii: "\n"))
            .map { String(decoding: $0, as: UTF8.self) }
        let first = lines.firstIndex(of: table[0])
        #expect(
            first.map { Array(lines[$0...].prefix(table.count)) } == table,
            "print it anew:\n\(Lifecycle.table)")
    }
}
