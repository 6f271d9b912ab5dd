public import Plan
internal import Scheduling
internal import Supervision

/// Simulates a scenario: the fleet, the admission queue, the scheduler and the preemption ladder of the
/// supervisor, driven by a virtual clock, with a model of projects and of the machine below them.
///
/// It reads no clock and draws chance from the scenario's seed alone, so equal scenarios have equal outcomes,
/// and equal traces byte by byte.
///
/// - Parameter trace: is given every thing that happens, a line each without its end.
/// - Throws: for a scenario that the scheduler refuses.
public func simulate(
    _ scenario: Scenario, trace: ((String) -> Void)? = nil
) throws(InvalidValue) -> Outcome {
    var simulator = try Simulator(scenario, trace: trace)
    try simulator.run(until: scenario.duration)
    return simulator.finished()
}

struct Simulator {
    enum Happening {
        case arrival(Int)
        case departure(Int)
        /// By itself; of the run with this number.
        case crash(Int, RunID)
        case told(Int, Event)
        /// The moment that its fleet asked for.
        case wake(Int)
        case admission
        case tick
    }

    let scenario: Scenario
    let trace: ((String) -> Void)?
    var queue = EventQueue<Happening>()
    var projects: [ModelledProject] = []
    /// Of the same projects.
    var bodies: [Body] = []
    let facts: [GroupFacts]
    var indices: [ProjectName: Int] = [:]
    /// Who has which number with the scheduler.
    var seats: [Int] = []
    var scheduler: Scheduler
    var ladder: PreemptionLadder
    let admission: AdmissionQueue
    var waiting: [Int] = []
    /// What is guaranteed to those that were let in, and how many these are.
    var guaranteed = Amounts.zero
    var admittedCount = 0
    var admissionIsDue = false
    var now: Int64 = 0
    var outcome = Outcome()
    var meter = Meter()
    var episode = Episode()
    /// Used again at every tick.
    var scratch = Scratch()

    init(_ scenario: Scenario, trace: ((String) -> Void)?) throws(InvalidValue) {
        self.scenario = scenario
        self.trace = trace
        var tunables = Tunables.standard
        tunables.intervalMilliseconds = scenario.interval
        tunables.rebalanceMilliseconds = scenario.rebalance
        let machine = scenario.machine
        let capacity = Amounts(
            cpu: machine.cpu - machine.reservedCPU,
            memory: machine.memory - machine.reservedMemory, slots: machine.agents)
        facts = scenario.groups.map { GroupFacts($0, scenario.strategy) }
        scheduler = try Scheduler(
            tunables: tunables, strategy: scenario.strategy, capacity: capacity)
        ladder = PreemptionLadder()
        admission = AdmissionQueue(
            ageing: tunables.ageingMilliseconds, runningMax: machine.projectsMax,
            capacity: capacity)
        outcome.totals.duration = scenario.duration
        outcome.totals.passingBound = admission.bound
        for (index, group) in scenario.groups.enumerated() { try add(group, index) }
        outcome.totals.projects = projects.count
        queue.add(.tick, at: scenario.interval)
    }

    private mutating func add(_ group: ProjectGroup, _ number: Int) throws(InvalidValue) {
        var arrivals = SeededRandom(scenario.seed, stream: UInt64(number) << 40 | 1)
        var next = 0.0
        for count in 1...group.count {
            let index = projects.count
            let seed = scenario.seed &+ UInt64(number) << 40
            let stream = UInt64(count) * 4
            let name = try ProjectName(group.count == 1 ? group.name : "\(group.name)-\(count)")
            projects.append(ModelledProject(name, group: number, seed: seed, stream: stream))
            bodies.append(
                Body(
                    group: number,
                    cpuWalker: CurveWalker(group.cpu.demand, seed: seed, stream: stream + 1),
                    memoryWalker: CurveWalker(group.memory.demand, seed: seed, stream: stream + 2),
                    cpuWeight: 100 * group.weight,
                    memoryLimit: configuredMemory(of: group) ?? .infinity))
            indices[name] = index
            switch group.arrival {
            case .at(let time): next = Double(time)
            case .poisson(let every, let from):
                next = count == 1 ? Double(from) : next + arrivals.exponential(mean: Double(every))
            }
            if next <= Double(scenario.duration) { queue.add(.arrival(index), at: Int64(next)) }
        }
    }

    /// Lets everything happen up to a moment, which is no later than the end.
    mutating func run(until end: Int64) throws(InvalidValue) {
        while let (time, happening) = queue.next(until: end) {
            now = time
            outcome.totals.events += 1
            switch happening {
            case .arrival(let index): arrive(index)
            case .departure(let index): depart(index)
            case .crash(let index, let run): crash(index, run)
            case .told(let index, let event): try tell(index, event)
            case .wake(let index):
                // Another one may have come in between, and asked for another moment.
                if projects[index].wakesAt != now { break }
                projects[index].wakesAt = .max
                try tell(index, .timePassed)
            case .admission: try admit()
            case .tick:
                try tick()
                queue.add(.tick, at: now + scenario.interval)
            }
        }
    }

    /// What came of it, after the end.
    mutating func finished() -> Outcome {
        outcome.totals.stillWaiting = waiting.count
        for index in waiting {
            guard case .waiting(let since) = projects[index].place else { continue }
            outcome.totals.longestWait = max(outcome.totals.longestWait, scenario.duration - since)
        }
        if let row = meter.row(at: scenario.duration) { outcome.rows.append(row) }
        return outcome
    }

    /// The limit that its configuration says; nil: none.
    func configuredMemory(of group: ProjectGroup) -> Double? {
        scenario.strategy == .dynamic
            ? group.memory.ceiling ?? group.memory.limit : group.memory.limit
    }

    func minuteOfWeek(at time: Int64) -> Int {
        (scenario.startMinuteOfWeek + Int(time / 60_000)) % WorkHours.minutesOfWeek
    }

    func note(_ index: Int, _ what: @autoclosure () -> String) {
        trace?("\(now) \(projects[index].name) \(what())")
    }
}
