import Plan
import Syscalls
import Testing

@testable import Cgroups

/// The driver on plain directories, where no control file comes with a new directory.
@Suite struct CgroupfsCgroupTests {
    static let parent = "/sys/fs/cgroup/mine"
    static let child = parent + "/bulkhead-run-web"

    static func request(_ limits: Limits = Limits(), allow: Bool = false) throws -> CgroupRequest {
        CgroupRequest(name: try SandboxName("web"), limits: limits, allowUnlimited: allow)
    }

    static func make(
        _ request: CgroupRequest, _ fixture: Fixture
    ) throws(CgroupError) -> SandboxCgroup {
        try SandboxCgroup.make(
            request, on: try CgroupHost(parent: parent, files: fixture.host()))
    }

    /// For closures, in which the compiler wants no value that cannot be copied.
    static func makeAndRemove(_ request: CgroupRequest, _ fixture: Fixture) throws(CgroupError) {
        var made = try make(request, fixture)
        try made.remove()
    }

    static func refusal(_ request: CgroupRequest, _ fixture: Fixture) -> CgroupError? {
        #expect(throws: CgroupError.self) { try makeAndRemove(request, fixture) }
    }

    @Test func onlyControllersThatAreNeededAndOffAreSwitchedOn() throws {
        let fixture = try Fixture([
            "\(Self.parent)/cgroup.controllers": "cpu io memory pids",
            "\(Self.parent)/cgroup.subtree_control": "cpu",
        ])
        let limits = Limits(
            memoryMax: .mebibytes(1), cpuMax: CPUBandwidth(millicores: 500), pidsMax: 5)
        var cgroup = try Self.make(Self.request(limits, allow: true), fixture)
        #expect(try fixture.read("\(Self.parent)/cgroup.subtree_control") == "+memory +pids")
        try cgroup.remove()
    }

    @Test func aLimitWithoutItsControllerIsRefusedBeforeAnythingIsMade() throws {
        let fixture = try Fixture(
            delegated(Self.parent, "pids").merging(delegated("/sys/fs/cgroup")) { $1 })
        #expect(
            try Self.refusal(Self.request(.standard), fixture)
                == .controllerMissing(
                    MissingController(.memory, .notDelegated(cgroup: Self.parent)),
                    limit: "memory.max"))
        #expect(!fixture.exists(Self.child))
    }

    @Test func aLimitWithoutItsControllerIsReportedWhereThatIsAllowed() throws {
        let fixture = try Fixture(
            delegated(Self.parent, "").merging(delegated("/sys/fs/cgroup", "")) { $1 })
        var cgroup = try Self.make(Self.request(.standard, allow: true), fixture)
        let reason = MissingController(.memory, .notInKernel).message
        #expect(
            cgroup.unenforced.map(\.file)
                == ["memory.max", "memory.swap.max", "pids.max", "cpu.max"])
        #expect(
            cgroup.unenforced.first
                == UnenforcedLimit(file: "memory.max", value: "536870912", reason: reason))
        #expect(fixture.exists(Self.child))
        try cgroup.remove()
        #expect(!fixture.exists(Self.child))
    }

    @Test func aLimitThatTheKernelDoesNotKnowIsRefusedAndNothingIsLeft() throws {
        let fixture = try Fixture(delegated(Self.parent))
        let limits = Limits(pidsMax: 5)
        #expect(
            try Self.refusal(Self.request(limits), fixture)
                == .limitUnknown(file: "pids.max", value: "5"))
        #expect(!fixture.exists(Self.child))
        var cgroup = try Self.make(Self.request(limits, allow: true), fixture)
        #expect(
            cgroup.unenforced == [
                UnenforcedLimit(
                    file: "pids.max", value: "5",
                    reason: "pids.max cannot be enforced: this kernel has no such file")
            ])
        try cgroup.remove()
    }

    @Test func noSwapNeedsNoSwapAccountingWhereThereIsNoSwap() throws {
        let heading = "Filename\t\tType\t\tSize\t\tUsed\t\tPriority\n"
        let limits = Limits(swapMax: Bytes(0))
        let without = try Fixture(delegated(Self.parent).merging(["/proc/swaps": heading]) { $1 })
        var cgroup = try Self.make(Self.request(limits), without)
        #expect(cgroup.unenforced == [])
        try cgroup.remove()
        let with = try Fixture(
            delegated(Self.parent).merging(["/proc/swaps": heading + "/swap file 9 0 -2\n"]) { $1 })
        let error = try Self.refusal(Self.request(limits), with)
        #expect(error == .limitUnknown(file: "memory.swap.max", value: "0"))
        #expect(
            error?.hint
                == "boot with swapaccount=1 on the kernel command line, or switch swap off (swapoff "
                + "-a); or run without limits: --allow-unlimited")
    }

    @Test func twoSandboxesCannotHaveOneName() throws {
        let fixture = try Fixture(delegated(Self.parent))
        var first = try Self.make(Self.request(), fixture)
        #expect(
            try Self.refusal(Self.request(), fixture) == .alreadyRunning(try SandboxName("web")))
        #expect(fixture.exists(Self.child))
        try first.remove()
        var second = try Self.make(Self.request(), fixture)
        try second.remove()
    }

    @Test func aDirectoryThatNobodyUsesIsReplaced() throws {
        let fixture = try Fixture(delegated(Self.parent).merging(["\(Self.child)/": ""]) { $1 })
        var cgroup = try Self.make(Self.request(), fixture)
        try cgroup.remove()
        #expect(!fixture.exists(Self.child))
    }

    @Test func aCgroupGoesWithItsValue() throws {
        let fixture = try Fixture(delegated(Self.parent))
        do {
            let cgroup = try Self.make(Self.request(), fixture)
            #expect(fixture.exists(Self.child))
            #expect(cgroup.path == Self.child)
        }
        #expect(!fixture.exists(Self.child))
    }

    @Test func withoutCgroup2OnlyWhatIsAllowedRunsWithoutLimits() throws {
        let fixture = try Fixture(["/proc/self/mountinfo": ""])
        let host = try CgroupHost(parent: nil, files: fixture.host(cgroup2: "/nowhere"))
        do {
            _ = try SandboxCgroup.make(Self.request(.standard), on: host)
            Issue.record("a cgroup was made")
        } catch { #expect(error as? CgroupError == .noCgroup2) }
        var cgroup = try SandboxCgroup.make(Self.request(.standard, allow: true), on: host)
        #expect(cgroup.driver == .none)
        #expect(cgroup.directoryForClone == nil)
        #expect(
            cgroup.unenforced.first
                == UnenforcedLimit(
                    file: "memory.max", value: "536870912",
                    reason: "no cgroup can be made: no cgroup2 file system is mounted"))
        #expect(cgroup.unenforced.count == 4)
        try cgroup.remove()
    }

    @Test func ioLimitsNeedABlockDevice() throws {
        let fixture = try Fixture(delegated(Self.parent))
        let limits = Limits(io: [IOLimit(path: "/gone", readBytesPerSecond: .mebibytes(1))])
        #expect(
            try Self.refusal(Self.request(limits), fixture)
                == .noBlockDevice(path: "/gone", reason: "ENOENT (no such file or directory)"))
        var cgroup = try Self.make(Self.request(limits, allow: true), fixture)
        #expect(
            cgroup.unenforced == [
                UnenforcedLimit(
                    file: "io.max", value: "/gone",
                    reason: "--io '/gone': ENOENT (no such file or directory)")
            ])
        try cgroup.remove()
    }

    @Test func aParentWithProcessesIsNamed() {
        let error = CgroupError.innerProcesses(cgroup: Self.parent)
        #expect(
            error.message
                == "no limits can be set below the cgroup '/sys/fs/cgroup/mine': processes sit in it"
        )
        #expect(
            error.hint
                == "move them to a cgroup below it (cgroups(7), no internal processes), or name a "
                + "cgroup without processes with --cgroup-parent")
    }
}
