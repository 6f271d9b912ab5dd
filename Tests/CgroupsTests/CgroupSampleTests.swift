import Plan
import Testing

@testable import Cgroups

@Suite struct CgroupSampleTests {
    @Test func aSampleIsWhatTheFilesSay() {
        let files = [
            "cpu.stat": "usage_usec 1234567\nuser_usec 1\nsystem_usec 2\nnr_periods 5\n",
            "cpu.max": "150000 100000\n", "memory.current": "1048576\n", "memory.max": "2097152\n",
            "memory.peak": "1572864\n", "memory.events": "max 9\noom 3\noom_kill 2\n",
            "pids.current": "7\n", "pids.max": "max\n",
            "io.stat": "8:0 rbytes=100 wbytes=20 rios=3 wios=4\n8:16 rbytes=5 wbytes=0 rios=1\n",
            "cpu.pressure": "some avg10=12.34 avg60=0.00 avg300=0.00 total=1\n",
            "memory.pressure":
                "some avg10=0.50 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.05 avg60=0.00 avg300=0.00 total=1\n",
        ]
        var expected = CgroupSample()
        expected.cpuTime = 1_234_567
        expected.cpuMax = CPUBandwidth(millicores: 1_500)
        expected.memory = Bytes(1_048_576)
        expected.memoryMax = Bytes(2_097_152)
        expected.memoryPeak = Bytes(1_572_864)
        expected.kills = 2
        expected.processes = 7
        expected.readBytes = 105
        expected.writtenBytes = 20
        let sample = CgroupSample { files[$0] }
        expected.pressure = sample.pressure
        #expect(sample == expected)
        #expect(sample.pressure.cpu?.some.hundredths == 1_234)
        #expect(sample.pressure.cpu?.full == nil)
        #expect(sample.pressure.memory?.full?.hundredths == 5)
        #expect(sample.pressure.io == nil)
    }

    @Test func whatTheKernelDoesNotSayIsNotMadeUp() {
        #expect(CgroupSample { _ in nil } == CgroupSample())
        var odd = CgroupSample { _ in "max 100000\nnonsense = =\n" }
        odd.pressure = Pressure()
        #expect(odd == CgroupSample())
    }
}
