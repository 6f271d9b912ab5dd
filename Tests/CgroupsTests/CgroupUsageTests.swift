import Plan
import Testing

@testable import Cgroups

@Suite struct CgroupUsageTests {
    @Test func everyFileIsRead() {
        let files = [
            "cpu.stat": """
            usage_usec 917775
            user_usec 492879
            system_usec 424896
            nr_periods 9
            nr_throttled 3
            throttled_usec 75240

            """,
            "memory.events": "low 0\nhigh 4\nmax 5769\noom 338\noom_kill 1\noom_group_kill 0\n",
            "memory.peak": "50331648\n", "memory.current": "577536\n",
            "pids.events": "max 31\n", "pids.peak": "256\n",
            "io.stat": """
            254:0 rbytes=45056 wbytes=1 rios=2 wios=3 dbytes=0 dios=0
            8:0
            8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=9 dios=9

            """,
        ]
        var expected = CgroupUsage()
        expected.cpuTime = 917_775
        expected.cpuTimeUser = 492_879
        expected.cpuTimeSystem = 424_896
        expected.periods = 9
        expected.throttledPeriods = 3
        expected.throttledTime = 75_240
        expected.memory = .init(high: 4, max: 5_769, oom: 338, oomKill: 1)
        expected.memoryPeak = .mebibytes(48)
        expected.memoryCurrent = Bytes(577_536)
        expected.forksRefused = 31
        expected.pidsPeak = 256
        expected.io = .init(
            readBytes: Bytes(45_057), writtenBytes: Bytes(3), reads: 5, writes: 7)
        #expect(CgroupUsage { files[$0] } == expected)
    }

    @Test func whatIsNotThereIsNotMadeUp() {
        #expect(CgroupUsage { _ in nil } == CgroupUsage())
        let odd = ["cpu.stat": "usage_usec many\n\n x\n", "memory.events": "", "pids.events": "\n"]
        let usage = CgroupUsage { odd[$0] }
        #expect(usage.cpuTime == nil)
        #expect(usage.memory == .init())
        #expect(usage.memoryPeak == nil)
        #expect(usage.forksRefused == nil)
    }
}
