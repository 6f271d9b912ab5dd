import Plan
import Testing

@testable import Cgroups

@Suite struct LimitReadingsTests {
    static let files = [
        "memory.max": "536870912\n", "memory.high": "max\n", "memory.low": "0\n",
        "memory.min": "1048576\n", "memory.current": "1000\n", "memory.peak": "2000\n",
        "memory.events": "low 0\nhigh 7\nmax 9\noom 1\noom_kill 1\n",
        "memory.events.local": "low 1\nhigh 2\nmax 3\noom 1\noom_kill 1\n",
        "memory.swap.max": "0\n", "memory.swap.current": "0\n", "memory.swap.events": "max 4\n",
        "cpu.max": "50000 100000\n", "cpu.weight": "100\n", "cpu.max.burst": "1000\n",
        "cpu.stat": "usage_usec 5\nnr_throttled 11\nnr_bursts 12\n", "cpuset.cpus": "\n",
        "pids.max": "20\n", "pids.current": "3\n", "pids.events": "max 6\n",
        "io.weight": "default 50\n", "io.max": "8:0 rbps=1 wbps=max riops=max wiops=max\n",
        "hugetlb.2MB.max": "4194304\n", "hugetlb.2MB.current": "2097152\n",
        "hugetlb.2MB.events": "max 2\n",
    ]

    static func readings(_ files: [String: String] = files) throws -> LimitReadings {
        LimitReadings(
            devices: [
                ("/srv", BlockDevice(major: 8, minor: 0)),
                ("/data", BlockDevice(major: 8, minor: 16)),
            ], pages: [try HugePageSize(parsing: "2M", for: "")]
        ) { files[$0] }
    }

    @Test func eachLimitSaysWhatIsInForceInUseAndHowOftenItHeld() throws {
        let found = try Self.readings()
        #expect(
            found[.memory]
                == LimitReading(
                    .memory, inForce: .bytes(.mebibytes(512)), inUse: 1_000, peak: 2_000, hits: 3))
        #expect(found[.memoryHigh]?.inForce == .unlimited)
        #expect(found[.memoryHigh]?.hits == 2)
        #expect(found[.memoryLow] == LimitReading(.memoryLow, inForce: .bytes(Bytes(0)), hits: 1))
        #expect(found[.memoryMin]?.inForce == .bytes(.mebibytes(1)))
        #expect(found[.swap] == LimitReading(.swap, inForce: .bytes(Bytes(0)), inUse: 0, hits: 4))
        #expect(
            found[.cpu]
                == LimitReading(
                    .cpu, inForce: .processorTime(CPUBandwidth(millicores: 500)), hits: 11))
        #expect(found[.cpuWeight]?.inForce == .count(100))
        #expect(
            found[.cpuBurst] == LimitReading(.cpuBurst, inForce: .microseconds(1_000), hits: 12))
        #expect(found[.cpus]?.inForce == .unlimited)
        #expect(found[.pids] == LimitReading(.pids, inForce: .count(20), inUse: 3, hits: 6))
        #expect(found[.ioWeight]?.inForce == .count(50))
        #expect(
            found[.io(path: "/srv")]?.inForce
                == .rates(IOLimit(path: "/srv", readBytesPerSecond: Bytes(1))))
        #expect(found[.io(path: "/data")]?.inForce == .unlimited)
        #expect(
            found.all.last
                == LimitReading(
                    .hugePages(try HugePageSize(parsing: "2M", for: "")),
                    inForce: .bytes(.mebibytes(4)), inUse: 2 << 20, hits: 2))
    }

    @Test func aLimitThatTheKernelDoesNotHaveIsNotInForce() throws {
        let found = try Self.readings(["cpu.stat": "usage_usec 1\n"])
        for reading in found.all {
            if case .io = reading.name { continue }
            #expect(reading.inForce == nil, "\(reading.name)")
        }
    }

    @Test func eachFileIsOpenedOnce() throws {
        var opened: [String: Int] = [:]
        _ = LimitReadings(devices: [], pages: []) { file in
            opened[file, default: 0] += 1
            return Self.files[file]
        }
        #expect(opened.filter { $0.value > 1 } == [:])
    }

    @Test func pressureIsReadWithTwoDigits() {
        let pressure = Pressure { file in
            switch file {
            case "cpu.pressure": "some avg10=12.34 avg60=0.00 avg300=0.00 total=5\n"
            case "memory.pressure":
                "some avg10=0.05 avg60=1.00 avg300=0.00 total=7\n"
                    + "full avg10=100.00 avg60=1.00 avg300=0.00 total=6\n"
            default: nil
            }
        }
        #expect(pressure.cpu?.some.percent == 12.34)
        #expect(pressure.cpu?.some.total == 5)
        #expect(pressure.cpu?.full == nil)
        #expect(pressure.memory?.some.hundredths == 5)
        #expect(pressure.memory?.full?.percent == 100)
        #expect(pressure.memory?.full?.total == 6)
        #expect(pressure.io == nil)
    }
}
