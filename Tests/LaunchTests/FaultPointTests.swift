import Testing

@testable import Launch

struct FaultPointTests {
    /// The points that a launch passes with this one chosen to fail.
    private func walk(failing chosen: Int?) -> (passed: Int, failed: String?, childStep: Int?) {
        var faults = FaultPoints(failing: chosen)
        var passed = 0
        var childStep: Int?
        do throws(LaunchError) {
            for name in ["a", "b", "c"] {
                try faults.pass(name)
                passed += 1
            }
            childStep = faults.passChild(steps: 4)
            try faults.pass("d")
            passed += 1
        } catch { return (passed, error.message, childStep) }
        return (passed, nil, childStep)
    }

    @Test func noneIsChosenUnlessOneIs() {
        #expect(walk(failing: nil) == (4, nil, nil))
    }

    @Test func eachNumberFailsAtOnePlaceAndNoneIsLeftOut() {
        #expect(walk(failing: 0) == (0, "fault injected: a", nil))
        #expect(walk(failing: 2) == (2, "fault injected: c", nil))
        for step in 0..<4 { #expect(walk(failing: 3 + step) == (4, nil, step)) }
        #expect(walk(failing: 7) == (3, "fault injected: d", nil))
    }

    @Test func aNumberBehindTheLastOneFailsNowhere() {
        #expect(walk(failing: 8) == (4, nil, nil))
        #expect(walk(failing: -1) == (4, nil, nil))
    }
}
