import Plan
import Testing

@Suite struct NearestTests {
    private let words = ["memory", "memory-high", "swap", "cpu", "cpu-weight", "pids", "tty"]

    @Test(
        arguments: [
            ("memroy", "memory"), ("memor", "memory"), ("mem", "memory"),
            ("memry-high", "memory-high"),
            ("swpa", "swap"), ("pid", "pids"), ("ttty", "tty"), ("cpuweight", "cpu-weight"),
            ("cpus", "cpu"), ("xyzzy", nil), ("", nil), ("qq", nil),
            (String(repeating: "memory", count: 20), nil),
        ] as [(String, String?)])
    func theWordThatWasMeantIsFound(typed: String, meant: String?) {
        #expect(nearest(to: typed, in: words) == meant)
    }

    @Test func swappedNeighboursAreOneSlip() {
        #expect(nearest(to: "ab", in: ["ba"]) == "ba")
        #expect(nearest(to: "ab", in: ["cd"]) == nil)
    }
}
