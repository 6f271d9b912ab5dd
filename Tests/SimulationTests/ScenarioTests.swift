import Configuration
import Plan
import Scenarios
import Scheduling
import Simulation
import Testing

@Suite struct ScenarioTests {
    private static let whole = """
        machine: {cpu: 8, memory: 32G, reserve_cpu: 0.5, max_concurrent_projects: 5, agents: 4}
        duration: 2d
        start: friday 08:30
        seed: 7
        strategy: fair_share
        interval: 10s
        rebalance: 1m
        report: 10m
        projects:
          web:
            count: 3
            priority: high
            cpu_priority: 2.5
            arrives: {at: 1h, every: 5m}
            lives: 6h
            cpu: {guarantee: 0.5, limit: 2, demand: {spike: {base: 0.1, peak: 2, every: 1h, lasts: 5m}}}
            memory: {guarantee: 1G, limit: 2G, ceiling: 4G, demand: 512M}
            agents: 2
            crashes_per_hour: 0.5
            work_hours: {from: 08:00, to: 18:00, days: [monday, sunday], pause: true}
        """

    @Test func everyKeyIsReadIntoWhatItMeans() throws {
        let read = try scenario(Self.whole)
        #expect(read.machine.cpu == 8_000)
        #expect(read.machine.memory == 32 * gibibyte)
        #expect(read.machine.reservedCPU == 500)
        #expect(read.machine.projectsMax == 5)
        #expect(read.machine.agents == 4)
        #expect(read.duration == 172_800_000)
        #expect(read.startMinuteOfWeek == 4 * 1_440 + 510)
        #expect(read.seed == 7)
        #expect(read.strategy == .fairShare)
        #expect([read.interval, read.rebalance, read.report] == [10_000, 60_000, 600_000])
        let web = try #require(read.groups.first)
        #expect(web.name == "web" && web.count == 3 && web.priority == .high)
        #expect(web.weight == 2.5)
        #expect(web.arrival == .poisson(every: 300_000, from: 3_600_000))
        #expect(web.lives == 21_600_000)
        #expect(web.cpu.guarantee == 500 && web.cpu.limit == 2_000)
        #expect(
            web.cpu.demand.shape
                == .spike(base: 100, peak: 2_000, every: 3_600_000, lasts: 300_000))
        #expect(web.memory.guarantee == gibibyte && web.memory.ceiling == 4 * gibibyte)
        #expect(web.memory.demand.shape == .constant(512 * 1_048_576))
        #expect(web.agents == 2 && web.crashesPerHour == 0.5)
        #expect(
            web.workHours
                == (try WorkHours(start: 480, end: 1_080, days: 0b100_0001, outside: .pause)))
    }

    @Test(arguments: [
        "constant: 1", "diurnal: {night: 0, day: 1}", "step: {from: 0, to: 1, at: 1h}",
        "ramp: {from: 0, to: 1, at: 1h, over: 2h}",
        "bursty: {idle: 0, busy: 1, idle_for: 1m, busy_for: 1m}",
        "walk: {least: 0, most: 1, step: 0.1, every: 1m}",
        "spike: {base: 0, peak: 1, every: 1h, lasts: 1m}",
    ])
    func everyShapeOfDemandIsTakenWithChance(shape: String) throws {
        let read = try scenario(
            "machine: {cpu: 1, memory: 1G}\nprojects: {a: {cpu: {demand: {\(shape), noise: 5%, "
                + "varies: 20%, spread: 1m}}}}")
        let demand = try #require(read.groups.first).cpu.demand
        #expect(demand.noise == 0.05 && demand.variation == 0.2 && demand.spread == 60_000)
    }

    /// Each with the one line that it is refused with.
    static let refused = [
        ("seeed: 1", "s.yaml:3:1: unknown key 'seeed'; did you mean 'seed'?"),
        (
            "strategy: fairshare",
            "s.yaml:3:11: strategy: 'fairshare': is not one of static, fair_share, priority_based, dynamic; did you mean 'fair_share'?"
        ),
        ("duration: 400d", "s.yaml:3:11: duration: '400d': is more than 366d"),
        ("interval: 1ms", "s.yaml:3:11: interval: '1ms': is less than 1s"),
        (
            "start: someday 10:00",
            "s.yaml:3:8: start: 'someday 10:00': is no moment of a week; write monday 00:00"
        ),
        (
            "seed: 1\nseed: 2",
            "s.yaml:4:1: key 'seed' was given in line 3 already; keep one of the two"
        ),
        ("report: 45s", "s.yaml: report is no multiple of interval"),
    ]

    @Test(arguments: refused) func whatIsWrongIsSaidInOneLineWithItsPlace(
        line: String, expected: String
    ) {
        let text = "machine: {cpu: 1, memory: 1G}\nprojects: {a: {cpu: {demand: 1}}}\n\(line)\n"
        #expect(problems(text) == [expected])
    }

    static let refusedProjects = [
        ("{a: {cuont: 1}}", "s.yaml:2:16: projects.a: unknown key 'cuont'; did you mean 'count'?"),
        (
            "{a: {count: 0}}",
            "s.yaml:2:23: projects.a.count: '0': is less than 1; write a whole number from 1 to 1000000"
        ),
        (
            "{a: {count: 2000000}}",
            "s.yaml:2:23: projects.a.count: '2000000': is more than 1000000; write a whole number from 1 to 1000000"
        ),
        (
            "{a: {cpu: {demand: -1}}}",
            "s.yaml:2:30: projects.a.cpu.demand.constant: '-1': is negative; write a number of processors such as 1.5, or a percentage of one such as 150%"
        ),
        (
            "{a: {cpu: {demand: 1e9}}}",
            "s.yaml:2:30: projects.a.cpu.demand.constant: '1e9': unit 'e9' is unknown; write a number of processors such as 1.5, or a percentage of one such as 150%"
        ),
        (
            "{a: {cpu: {demand: {spike: {base: 0, peak: 1, every: 1h}}}}}",
            "s.yaml:2:38: projects.a.cpu.demand.spike: has no lasts; it takes base, peak, every, lasts"
        ),
        (
            "{a: {cpu: {demand: {spike: {base: 0, peak: 1, every: 1m, lasts: 1h}}}}}",
            "s.yaml:2:38: projects.a.cpu.demand.spike: lasts is longer than every"
        ),
        (
            "{a: {cpu: {demand: {constant: 1, step: {from: 0, to: 1, at: 1h}}}}}",
            "s.yaml:2:44: projects.a.cpu.demand: step and constant exclude each other; keep one of them"
        ),
        (
            "{a: {memory: {guarantee: 2G}}}",
            "s.yaml:2:15: projects.a: memory: the guarantee is above what the machine has for projects; such a project would never be let in"
        ),
        (
            "{a: {cpu: {guarantee: 1, limit: 0.5}}}",
            "s.yaml:2:15: projects.a: cpu: the guarantee is above the limit or the ceiling"
        ),
        (
            "{a: {cpu: {demand: {noise: 1%}}}}",
            "s.yaml:2:30: projects.a.cpu.demand: has no shape; write one of constant, diurnal, spike, step, ramp, bursty, walk"
        ),
        (
            "{a: {cpu: {ceiling: 1}}}",
            "s.yaml:2:22: projects.a.cpu: unknown key 'ceiling'; the keys here are demand, guarantee and limit"
        ),
        (
            "{a: {work_hours: {from: 9 am}}}",
            "s.yaml:2:35: projects.a.work_hours.from: '9 am': is no time of day; write 09:00"
        ),
        ("{}", "s.yaml: there are no projects; write projects: and one below it"),
    ]

    @Test(arguments: refusedProjects) func aWrongProjectIsRefusedWithItsPlace(
        projects: String, expected: String
    ) {
        #expect(
            problems("machine: {cpu: 1, memory: 1G}\nprojects: \(projects)\n") == [expected])
    }

    @Test func aMachineThatIsMissingOrReservedWholeIsRefused() {
        #expect(
            problems("projects: {a: {}}")
                == [
                    "s.yaml: the machine has no processors or no memory; write machine: {cpu: 8, memory: 32G}"
                ])
        #expect(
            problems("machine: {cpu: 1, memory: 1G, reserve_cpu: 1}\nprojects: {a: {}}")
                == ["s.yaml: all of the machine is reserved; lower reserve_…"])
        #expect(problems("") == ["s.yaml: is empty"])
    }

    @Test func scalingKeepsTheProportionsAndTheMachinesSharePerProject() throws {
        let read = small([steady("a", count: 30), steady("b", count: 10)], cpu: 40_000)
        let larger = read.scaled(to: 400)
        #expect(larger.groups.map(\.count) == [300, 100])
        #expect(larger.machine.cpu == 400_000)
        #expect(read.scaled(to: 2).groups.map(\.count) == [1, 1])
    }

    @Test func otherTimesAndMachinesAreCheckedToo() throws {
        var read = small([steady("a")])
        try read.last(7_200_000)
        #expect(read.duration == 7_200_000 && read.report == 120_000)
        #expect(throws: InvalidValue.self) { try read.last(1) }
        read.scale(cpu: 0.5, memory: 2)
        #expect(read.machine.cpu == 2_000 && read.machine.memory == 128 * gibibyte)
        #expect(read.groups[0].memory.limit == 4 * gibibyte)
    }
}
