import JSONTree
import Plan
import Presentation
import Scenarios
import Scheduling
import Simulation
import Testing

@Suite struct RecordingTests {
    private func recording(_ text: String) throws(InvalidValue) -> Recording {
        try Recording(parsing: Array(text.utf8), name: "r.csv")
    }

    private static let header = "at,seconds,project,cpu_millicores,memory_bytes\n"

    @Test func whatWasRecordedTakesThePlaceOfTheProjects() throws {
        let read = try recording(
            Self.header + "x,100,shop,500,1000\nx,100,api,20.5,7\nx,160.5,shop,700,2000\n")
        var model = small([steady("shop"), steady("other")])
        model.groups[0].priority = .critical
        let result = read.projects(in: model)
        #expect(result.groups.map(\.name) == ["shop", "api"])
        #expect(result.groups[0].priority == .critical)
        #expect(
            result.groups[0].cpu.demand.shape
                == .recorded([
                    Curve.Sample(time: 0, amount: 500), Curve.Sample(time: 60_500, amount: 700),
                ]))
        #expect(result.duration == 60_000)
    }

    @Test func whatScheduleSamplesPrintsIsRead() throws {
        let reply = try JSON(
            parsing: """
                {"samples": [
                {"project": "shop", "at_us": 5500000, "span_ms": 30000, "cpu": 120, "memory": 4096,
                "disk": 7, "slots": 1, "cpu_stall": 2, "memory_stall": 3, "io_stall": 4, "kills": 5},
                {"project": "shop", "at_us": 35600000, "span_ms": 30100, "cpu": 240, "memory": 8192,
                "disk": 7, "slots": 1, "cpu_stall": 2, "memory_stall": 3, "io_stall": 4, "kills": 5}]}
                """)
        let pipe = Medium(width: nil, isColoured: false, now: 0) { _ in
            CalendarTime(year: 2026, month: 1, day: 1, hour: 0, minute: 0, second: 0)
        }
        let result = try recording(scheduleSamples(reply, on: pipe))
            .projects(in: small([steady("recorded")]))
        #expect(result.groups.map(\.name) == ["shop"])
        #expect(
            result.groups[0].memory.demand.shape
                == .recorded([
                    Curve.Sample(time: 0, amount: 4_096), Curve.Sample(time: 30_000, amount: 8_192),
                ]))
        #expect(try simulate(result).totals.observations > 0)
    }

    @Test(arguments: [
        ("seconds,project\n1,a\n", "has no column cpu_millicores in its first line"),
        (header, "has no samples"),
        (header + "x,1,a,2\n", "line 2: 'x,1,a,2' has too few fields"),
        (header + "x,1,a,nan,2\n", "line 2: 'nan' is no number"),
        (header + "x,1,a,-1,2\n", "line 2: '-1' is no number"),
        (
            header + "x,1,a,1,9999999999999999\n",
            "line 2: '9999999999999999' is more than 281474976710656"
        ),
        (header + "x,2,a,1,1\nx,1,a,1,1\n", "line 3: '1000 ms' is before 2000 ms"),
    ])
    func aLineThatIsNoneIsRefusedByItsNumber(text: String, reason: String) {
        let error = #expect(throws: InvalidValue.self) { try recording(text) }
        #expect(error?.message == "recording 'r.csv': \(reason)")
    }
}
