import Plan
import Syscalls
import Testing

@testable import Cgroups

/// What is written, and in which order, to make control files say what limits ask for.
@Suite struct ConformingTests {
    static let place = "/sys/fs/cgroup/shop"

    /// A cgroup whose files say what the kernel writes into a new one.
    static func fixture(_ files: [String: String] = [:]) throws -> Fixture {
        var all = delegated("/sys/fs/cgroup", "cpu cpuset hugetlb io memory pids")
        for file in ControlFile.all { all["\(place)/\(file.file)"] = file.standard + "\n" }
        all["\(place)/cpu.max"] = "max 100000\n"
        all["\(place)/io.max"] = ""
        for (name, content) in files { all["\(place)/\(name)"] = content }
        return try Fixture(all)
    }

    static func deviations(_ fixture: Fixture, from limits: Limits) throws -> [Deviation] {
        let host = try CgroupHost(parent: "/sys/fs/cgroup", files: fixture.host())
        let directory = CgroupDirectory(
            try Directory(opening: fixture.prefix + place), path: place)
        return directory.deviations(
            from: try ResolvedLimits(limits, allowUnlimited: false, on: host), earlier: nil)
    }

    static func writes(_ fixture: Fixture, from limits: Limits) throws -> [String] {
        try deviations(fixture, from: limits).map { "\($0.write.file) \($0.write.value)" }
    }

    @Test func aNewCgroupIsWithoutLimits() throws {
        #expect(try Self.writes(try Self.fixture(), from: Limits()) == [])
    }

    @Test func onlyWhatDiffersIsWritten() throws {
        let fixture = try Self.fixture([
            "memory.max": "536870912\n", "pids.max": "256\n", "cpu.max": "100000 100000\n",
            "memory.swap.max": "0\n",
        ])
        #expect(try Self.writes(fixture, from: .standard) == [])
        var limits = Limits.standard
        limits.cpuWeight = 50
        #expect(try Self.writes(fixture, from: limits) == ["cpu.weight 50"])
    }

    @Test func whatNobodyAskedForIsTakenBack() throws {
        let fixture = try Self.fixture([
            "memory.high": "4194304\n", "cpu.max": "50000 100000\n", "cpu.weight": "7\n",
            "cpuset.cpus": "0\n", "io.weight": "default 5\n", "memory.min": "4096\n",
        ])
        #expect(
            try Self.writes(fixture, from: Limits()) == [
                // A share and a guarantee are less than they were, and go first.
                "memory.min 0", "io.weight default 100", "cpuset.cpus ", "cpu.weight 100",
                "cpu.max max", "memory.high max",
            ])
    }

    @Test func whatGetsTighterIsWrittenFirstAndHighBeforeMax() throws {
        let fixture = try Self.fixture([
            "memory.high": "max\n", "memory.max": "1073741824\n", "pids.max": "100\n",
            "memory.swap.max": "1073741824\n",
        ])
        let limits = Limits(
            memoryMax: .mebibytes(256), memoryHigh: .mebibytes(200), swapMax: Bytes(0),
            pidsMax: 200)
        #expect(
            try Self.writes(fixture, from: limits) == [
                "memory.high 209715200", "memory.max 268435456", "memory.swap.max 0",
                "pids.max 200",
            ])
    }

    @Test func aBurstGoesBeforeALowerQuotaAndAfterAHigherOne() throws {
        var limits = Limits(cpuMax: CPUBandwidth(millicores: 100))
        limits.cpuBurst = 5_000
        let high = try Self.fixture(["cpu.max": "50000 100000\n", "cpu.max.burst": "50000\n"])
        #expect(
            try Self.writes(high, from: limits) == ["cpu.max.burst 5000", "cpu.max 10000 100000"])
        let low = try Self.fixture(["cpu.max": "1000 100000\n", "cpu.max.burst": "0\n"])
        #expect(
            try Self.writes(low, from: limits) == ["cpu.max 10000 100000", "cpu.max.burst 5000"])
    }

    @Test func eachDeviationSaysWhatItWasAndWhatPutsItBack() throws {
        let fixture = try Self.fixture(["memory.max": "1073741824\n", "cpu.max": "25000 50000\n"])
        let found = try Self.deviations(
            fixture, from: Limits(memoryMax: .gibibytes(2), cpuMax: CPUBandwidth(millicores: 100)))
        #expect(
            found.map(\.change) == [
                LimitChange(
                    .cpu, from: .processorTime(CPUBandwidth(millicores: 500)),
                    to: .processorTime(CPUBandwidth(millicores: 100))),
                LimitChange(.memory, from: .bytes(.gibibytes(1)), to: .bytes(.gibibytes(2))),
            ])
        #expect(found.map(\.undo.value) == ["25000 50000", "1073741824"])
    }

    @Test func whatIsPutBackIsWhatWasThere() throws {
        let fixture = try Self.fixture(["memory.max": "1073741824\n", "pids.max": "9\n"])
        let found = try Self.deviations(
            fixture, from: Limits(memoryMax: .gibibytes(2), pidsMax: 5))
        let directory = CgroupDirectory(
            try Directory(opening: fixture.prefix + Self.place), path: Self.place)
        try directory.mend(found) { _ throws(CgroupError) in }
        #expect(try fixture.read("\(Self.place)/memory.max").hasPrefix("2147483648"))
        #expect(try fixture.read("\(Self.place)/pids.max").hasPrefix("5"))
        directory.undo(found)
        #expect(try fixture.read("\(Self.place)/memory.max").hasPrefix("1073741824"))
        #expect(try fixture.read("\(Self.place)/pids.max").hasPrefix("9"))
    }

    @Test func aFailureInTheMiddlePutsBackWhatWasWritten() throws {
        let fixture = try Self.fixture(["memory.max": "1073741824\n", "pids.max": "9\n"])
        let found = try Self.deviations(
            fixture, from: Limits(memoryMax: .mebibytes(2), pidsMax: 50))
        #expect(found.map(\.write.file) == ["memory.max", "pids.max"])
        try Directory(opening: fixture.prefix + Self.place).removeFile("pids.max")
        let directory = CgroupDirectory(
            try Directory(opening: fixture.prefix + Self.place), path: Self.place)
        let refusal: CgroupError?
        do throws(CgroupError) {
            try directory.mend(found) { (write) throws(CgroupError) in try directory.apply(write) }
            refusal = nil
        } catch { refusal = error }
        #expect(refusal == .limitUnknown(file: "pids.max", value: "50"))
        #expect(try fixture.read("\(Self.place)/memory.max").hasPrefix("1073741824"))
    }

    @Test func aDeviceThatNobodyLimitsAnyMoreIsLetGo() throws {
        let fixture = try Self.fixture([
            "io.max": "8:0 rbps=1048576 wbps=max riops=max wiops=max\n"
        ])
        let found = try Self.deviations(fixture, from: Limits())
        #expect(found.map(\.write.value) == ["8:0 rbps=max wbps=max riops=max wiops=max"])
        #expect(found.map(\.undo.value) == ["8:0 rbps=1048576 wbps=max riops=max wiops=max"])
        #expect(found.first?.change.name == .io(path: "/dev/block/8:0"))
    }

    @Test(
        arguments: [
            (.cpuset, "cpuset.cpus", "0-3", "0-3\n", true),
            (.cpuset, "cpuset.cpus", "0,1", "0-1\n", true),
            (.cpuset, "cpuset.cpus", "0-3", "\n", false),
            (.io, "io.weight", "default 200", "default 200\n8:0 50\n", true),
            (.io, "io.weight", "default 200", "default 100\n", false),
            (.cpu, "cpu.max.burst", "5000", "5000\n", true),
            (.cpu, "cpu.max.burst", "5000", "0\n", false),
            (.hugetlb, "hugetlb.2MB.max", "5242880", "4194304\n", true),
            (.hugetlb, "hugetlb.2MB.max", "5242880", "max\n", false),
        ] as [(Controller, String, String, String, Bool)])
    func theRestOfTheLimitsIsReadBackToo(
        controller: Controller, file: String, value: String, content: String, isInForce: Bool
    ) {
        let write = ControlWrite(controller: controller, file: file, value: value)
        #expect(write.isInForce(in: content) == isInForce)
    }

    // MARK: Others

    /// A project's cgroup with a leaf, as a supervisor that comes later finds it.
    private static func existing(
        _ files: [String: String]
    ) throws -> (Fixture, ProjectCgroup, CgroupLeaf) {
        let top = "/sys/fs/cgroup/bulkhead-shop"
        var all = delegated("/sys/fs/cgroup", "cpu cpuset hugetlb io memory pids")
        for place in [top, "\(top)/services/web"] {
            for file in ControlFile.all { all["\(place)/\(file.file)"] = file.standard + "\n" }
        }
        for (name, content) in files { all["\(top)/\(name)"] = content }
        let fixture = try Fixture(all)
        let host = try CgroupHost(parent: "/sys/fs/cgroup", files: fixture.host())
        let found = try #require(try ProjectCgroup.existing(try ProjectName("shop"), on: host))
        return (fixture, found, .service(try WorkloadName("web")))
    }

    @Test func whatOthersChangedMeanwhileIsTheDifferenceFromWhatIsRecalled() throws {
        let (fixture, cgroup, web) = try Self.existing([
            "memory.max": "4194304\n", "pids.max": "9\n", "services/web/pids.max": "5\n",
        ])
        #expect(cgroup.changesFromOutside() == [])
        #expect(cgroup.changesFromOutside(of: web) == [])
        try cgroup.recall(
            Limits(memoryMax: .mebibytes(8), pidsMax: 9), allowUnlimited: false)
        try cgroup.recall(Limits(memoryMax: .mebibytes(2)), allowUnlimited: false, of: web)
        #expect(
            cgroup.changesFromOutside() == [
                LimitChange(.memory, from: .bytes(.mebibytes(8)), to: .bytes(.mebibytes(4)))
            ])
        #expect(
            Set(cgroup.changesFromOutside(of: web)) == [
                LimitChange(.pids, from: nil, to: .count(5)),
                LimitChange(.memory, from: .bytes(.mebibytes(2)), to: nil),
            ])
        // Each is told once.
        #expect(cgroup.changesFromOutside() == [])
        #expect(cgroup.changesFromOutside(of: web) == [])
        #expect(cgroup.told == [])
        withExtendedLifetime(fixture) {}
    }

    @Test func controlFilesAreThoseThatAreThere() throws {
        let (fixture, cgroup, web) = try Self.existing([:])
        let files = cgroup.controlFiles(of: web)
        #expect(files.contains("/sys/fs/cgroup/bulkhead-shop/services/web/pids.max"))
        #expect(files.count == ControlFile.all.count)
        #expect(cgroup.controlFiles().count == ControlFile.all.count)
        withExtendedLifetime(fixture) {}
    }
}
