import Plan
import Testing

@testable import Cgroups

private let machine = """
    MemTotal:        3072000 kB
    SwapTotal:       1048576 kB
    SwapFree:        1024 kB

    """

private let stat = """
    anon 100
    file 900
    inactive_anon 4096
    active_anon 8192
    inactive_file 16384
    active_file 32768
    unevictable 7
    slab_reclaimable 65536
    slab_unreclaimable 9

    """

private func state(_ files: [String: String], machine text: String = machine) -> MemoryState? {
    MemoryState(machine: text) { files[$0] }
}

struct MemoryStateTests {
    private let files = [
        "memory.current": "1000000\n", "memory.max": "2000000\n", "memory.high": "max\n",
        "memory.stat": stat, "memory.swap.max": "max\n", "memory.swap.current": "0\n",
        "memory.pressure": """
        some avg10=0.00 avg60=0.00 avg300=0.00 total=77
        full avg10=0.00 avg60=0.00 avg300=0.00 total=33

        """,
    ]

    @Test func itIsReadFromTheFilesOfACgroup() {
        let found = state(files)
        #expect(found?.current == Bytes(1_000_000))
        #expect(found?.max == Bytes(2_000_000))
        #expect(found?.high == nil)
        #expect(found?.file == Bytes(49_152))
        #expect(found?.anonymous == Bytes(12_288))
        #expect(found?.slab == Bytes(65_536))
        #expect(found?.stalled == 33)
    }

    @Test func whatMayBeSwappedOutIsTheLeastOfMachineAndLimit() {
        #expect(state(files)?.swapRoom == .mebibytes(1))
        var limited = files
        limited["memory.swap.max"] = "5000\n"
        limited["memory.swap.current"] = "2000\n"
        #expect(state(limited)?.swapRoom == Bytes(3_000))
        limited["memory.swap.current"] = "9000\n"
        #expect(state(limited)?.swapRoom == Bytes(0))
        #expect(state(files, machine: "MemTotal: 1 kB\n")?.swapRoom == Bytes(0))
    }

    @Test func withoutAMemoryControllerThereIsNone() {
        #expect(state(["memory.pressure": "full total=1\n"]) == nil)
    }
}
