import JSONTree
import Presentation
import Testing

@Suite struct UsageViewTests {
    private static let machine = """
        {"processors": 2, "memory_bytes": 4294967296, "memory_available_bytes": 1073741824,
         "load": [0.5, 1.25, 10], "pressure": [{"resource": "io", "some": 3.14}]}
        """

    private static func usage(
        _ project: String, _ workload: String? = nil, cpu: Int64 = 1, memory: Int64 = 0,
        max: Int64? = nil, read: Int64 = 0, stall: Double = 0
    ) -> JSON {
        [
            "project": .string(project), "workload": workload.map { .string($0) },
            "run": workload == nil ? nil : 7, "phase": "active", "cpu_us": .integer(cpu),
            "memory_bytes": .integer(memory), "memory_max_bytes": max.map { .integer($0) },
            "processes": 3, "processes_max": 256, "read_bytes": .integer(read),
            "written_bytes": 0, "restarts": 1,
            "pressure": [["resource": "memory", "some": .real(stall)]],
        ]
    }

    private static func reply(at: Int64, _ usage: [JSON]) throws -> JSON {
        ["at_us": .integer(at), "machine": try json(machine), "projects": .array(usage)]
    }

    /// Two samples, a second apart.
    private static func sample(_ first: [JSON], _ second: [JSON]) throws -> UsageSample {
        let earlier = UsageSample(
            try reply(at: 1_795_250_060_000_000, first), after: UsageSample())
        return UsageSample(try reply(at: 1_795_250_061_000_000, second), after: earlier)
    }

    private static func lines(
        _ sample: UsageSample, by key: TopView.Key = .cpu, width: Int = 80, height: Int? = nil
    ) -> [String] {
        var view = TopView(by: key)
        return view.lines(of: sample, height: height, on: medium(width: width))
    }

    private static let gibibyte: Int64 = 1 << 30

    @Test func whatIsUsedInASecondIsTheDifferenceOfTwoSamples() throws {
        let sample = try Self.sample(
            [Self.usage("shop", cpu: 1_000_000), Self.usage("shop", "web", cpu: 9)],
            [
                Self.usage(
                    "shop", cpu: 1_350_000, memory: Self.gibibyte / 2, max: Self.gibibyte,
                    read: 1 << 20, stall: 12.5), Self.usage("shop", "web", cpu: 250_009),
            ])
        #expect(
            Self.lines(sample) == [
                "08:34:21  1 project, 1 workload, by cpu   load 0.5 1.25 10",
                "0.35 of 2 processors  3G of 4G memory  waiting: cpu - memory - io 3%",
                "",
                "NAME                    CPU MEMORY             MAX WAIT   IO/S PROCS   DISK  RST",
                "shop                  35.0%   512M ====....     1G  m12     1M     3      -    1",
                "  web                 25.0%      0               -    -      0     3      -    1",
            ])
    }

    @Test func aCounterThatBeganAnewHasNoRate() throws {
        let sample = try Self.sample([Self.usage("shop", cpu: 500)], [Self.usage("shop", cpu: 20)])
        #expect(sample.projects[0].cpu == nil)
    }

    @Test func absurdNumbersAreShownAndNothingElse() throws {
        let many = Self.usage(
            "shop", cpu: .max, memory: .max, max: .max, read: .max, stall: 1e300)
        let negative = Self.usage("shop", cpu: .min, memory: .min, max: 0, read: .min, stall: -1)
        for (first, second) in [(many, many), (negative, many), (many, negative)] {
            for width in [10, 40, 80, 120, 400] {
                let lines = Self.lines(try Self.sample([first], [second]), width: width)
                #expect(lines.count == 5)
            }
        }
    }

    @Test(arguments: [80, 100, 109, 110, 120, 200]) func aLineIsNeverLongerThanTheScreen(
        width: Int
    ) throws {
        let name = String(repeating: "n", count: 48)
        let usage = Self.usage(
            name, cpu: 99_000_000, memory: 1023 << 30, max: 1023 << 30, read: 1 << 40, stall: 100)
        let sample = try Self.sample([Self.usage(name), Self.usage(name, name)], [usage])
        for line in Self.lines(sample, width: width, height: 24) { #expect(line.count <= width) }
    }

    @Test func whatHasMostComesFirstAndWorkloadsStayWithTheirProject() throws {
        let sample = try Self.sample(
            [],
            [
                Self.usage("a", memory: 1), Self.usage("b", memory: 3), Self.usage("b", "x"),
                Self.usage("b", "y", memory: 2), Self.usage("c", memory: 2),
            ])
        func names(_ key: TopView.Key) -> [String] {
            Self.lines(sample, by: key).dropFirst(4).map { String($0.prefix(4)) }
        }
        #expect(names(.memory) == ["b   ", "  y ", "  x ", "c   ", "a   "])
        #expect(names(.name) == ["a   ", "b   ", "  x ", "  y ", "c   "])
    }

    @Test func rowsScrollAsFarAsThereAreSome() throws {
        let usage = (10..<40).map { Self.usage("p\($0)") }
        let sample = try Self.sample([], usage)
        var view = TopView(by: .name)
        func rows() -> [Substring] {
            let lines = view.lines(of: sample, height: 15, on: medium(width: 80))
            #expect(lines.count == 15)
            return lines[4..<14].map { $0.prefix(3) }
        }
        #expect(rows().first == "p10")
        view.scroll(by: 1)
        #expect(rows().first == "p11")
        view.scroll(by: .max)
        #expect(rows().last == "p39" && rows().first == "p30")
        view.scroll(by: .max)
        view.scroll(by: -10)
        #expect(rows().first == "p20")
        view.scroll(by: -.max)
        #expect(rows().first == "p10")
    }

    @Test func aProjectThatIsStoppedSaysSo() throws {
        let stopped: JSON = ["project": "shop", "phase": "stopped"]
        #expect(Self.lines(try Self.sample([], [stopped])).last?.hasSuffix(" stopped") == true)
    }

    @Test func aHostileNameDrivesNoTerminal() throws {
        let hostile = Self.usage("\u{1B}[2J\u{202E}x", "\u{9B}y\n")
        for line in Self.lines(try Self.sample([], [hostile]), height: 24) {
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x9B })
        }
    }

    @Test func aSampleIsATableForPipes() throws {
        let sample = try Self.sample(
            [], [Self.usage("shop", cpu: 12_340_000, memory: 5 << 20), Self.usage("shop", "web")])
        #expect(
            usageTable(sample, on: medium()) == """
                WORKLOAD  CPU   TIME  MEMORY  MAX  PROCESSES  READ  WRITTEN  DISK  RESTARTS  PRESSURE
                shop        -  12.3s      5M    -          3     0        0     -         1         -
                shop/web    -  0.00s       0    -          3     0        0     -         1         -

                """)
    }
}
