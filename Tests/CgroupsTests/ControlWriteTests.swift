import Plan
import Testing

@testable import Cgroups

@Suite struct ControlWriteTests {
    static let everything = Limits(
        memoryMax: .mebibytes(512), memoryHigh: .mebibytes(400), swapMax: Bytes(0),
        cpuMax: CPUBandwidth(millicores: 1_500), cpuWeight: 200, pidsMax: 256,
        io: [
            IOLimit(
                path: "/", readBytesPerSecond: .mebibytes(10), writeBytesPerSecond: .mebibytes(5),
                readOperationsPerSecond: 1_000, writeOperationsPerSecond: 500),
            IOLimit(path: "/data"),
        ])
    static let devices = [BlockDevice(major: 8, minor: 0), BlockDevice(major: 8, minor: 16)]

    @Test func limitsAreWrittenInTheirOrderWithHighBeforeMax() {
        let writes = ControlWrite.all(for: Self.everything, devices: Self.devices)
        #expect(
            writes.map { "\($0.controller) \($0.file) \($0.value)" } == [
                "memory memory.high 419430400", "memory memory.max 536870912",
                "memory memory.swap.max 0", "pids pids.max 256", "cpu cpu.max 150000 100000",
                "cpu cpu.weight 200",
                "io io.max 8:0 rbps=10485760 wbps=5242880 riops=1000 wiops=500",
            ])
    }

    @Test func whatIsNotLimitedIsNotWritten() {
        #expect(ControlWrite.all(for: Limits(), devices: []) == [])
    }

    @Test(
        arguments: [
            (1, "1000 1000000"), (9, "9000 1000000"), (10, "1000 100000"),
            (1_000, "100000 100000"), (8_192_000, "819200000 100000"),
        ] as [(UInt32, String)])
    func noQuotaIsBelowTheKernelsMillisecond(millicores: UInt32, value: String) {
        let limits = Limits(cpuMax: CPUBandwidth(millicores: millicores))
        #expect(ControlWrite.all(for: limits, devices: []).map(\.value) == [value])
    }

    @Test(
        arguments: [
            (.memory, "memory.max", "536870912", "536870912\n", true),
            (.memory, "memory.max", "536870913", "536870912\n", true),
            (.memory, "memory.max", "536870912", "536866816\n", false),
            (.memory, "memory.max", "536870912", "max\n", false),
            (.memory, "memory.swap.max", "0", "0\n", true),
            (.pids, "pids.max", "256", "256\n", true),
            (.pids, "pids.max", "256", "max\n", false),
            (.cpu, "cpu.max", "150000 100000", "150000 100000\n", true),
            (.cpu, "cpu.max", "5000 1000000", "1000 200000\n", true),
            (.cpu, "cpu.max", "5000 1000000", "1001 200000\n", false),
            (.cpu, "cpu.max", "100000 100000", "max 100000\n", false),
            (.cpu, "cpu.weight", "200", "200\n", true),
            (.cpu, "cpu.weight", "200", "100\n", false),
            (
                .io, "io.max", "8:0 rbps=1 wiops=2",
                "7:0 rbps=9 wiops=2\n8:0 rbps=1 wbps=max riops=max wiops=2\n", true
            ),
            (.io, "io.max", "8:0 rbps=1", "8:16 rbps=1 wbps=max riops=max wiops=max\n", false),
            (.io, "io.max", "8:0 rbps=1", "8:0 rbps=max wbps=1 riops=max wiops=max\n", false),
            (.io, "io.max", "8:0 rbps=1", "", false), (.memory, "memory.max", "1", "", false),
        ] as [(Controller, String, String, String, Bool)])
    func whatTheKernelSaysDecidesWhetherALimitIsInForce(
        controller: Controller, file: String, value: String, content: String, isInForce: Bool
    ) {
        let write = ControlWrite(controller: controller, file: file, value: value)
        #expect(write.isInForce(in: content) == isInForce)
    }

    @Test func withoutSwapOnTheMachineASandboxHasNoneEither() throws {
        let heading = "Filename\t\tType\t\tSize\t\tUsed\t\tPriority\n"
        let none = try Fixture(["/proc/swaps": heading])
        let some = try Fixture(["/proc/swaps": heading + "/dev/sda2 partition 1 0 -2\n"])
        let noKernelSwap = try Fixture(["/proc/": ""])
        let noSwap = ControlWrite(controller: .memory, file: "memory.swap.max", value: "0")
        let aLittle = ControlWrite(controller: .memory, file: "memory.swap.max", value: "4096")
        let other = ControlWrite(controller: .memory, file: "memory.max", value: "0")
        #expect(noSwap.holdsWithoutFile(on: none.host()))
        #expect(noSwap.holdsWithoutFile(on: noKernelSwap.host()))
        #expect(!noSwap.holdsWithoutFile(on: some.host()))
        #expect(!aLittle.holdsWithoutFile(on: none.host()))
        #expect(!other.holdsWithoutFile(on: none.host()))
    }
}
