internal import Syscalls

/// Places where a launch can be told to fail, numbered in the order in which they are passed: each
/// step of the launcher, then each step of the child. For tests of the clean-up; a fault can only
/// stop a launch.
public struct FaultPoints: Sendable {
    private let chosen: Int?
    private var passed = 0

    /// - Parameter chosen: the number of the point that fails; nil: none does.
    public init(failing chosen: Int?) { self.chosen = chosen }

    /// Passes one point, or throws there.
    mutating func pass(_ what: @autoclosure () -> String) throws(LaunchError) {
        defer { passed += 1 }
        if passed == chosen { throw .injected(what()) }
    }

    /// The index of the child's step that shall fail, of `count` of them.
    mutating func passChild(steps count: Int) -> Int? {
        defer { passed += count }
        guard let chosen, (passed..<(passed + count)).contains(chosen) else { return nil }
        return chosen - passed
    }
}
