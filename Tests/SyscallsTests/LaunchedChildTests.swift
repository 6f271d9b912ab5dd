import Testbed
import Testing

@testable import Syscalls

/// Children in namespaces of their own, which takes root. Each runs apart: it shares the table of
/// descriptors, and what it leaves is counted.
@Suite(.serialized) struct LaunchedChildTests {
    /// 65,536 ids that no sandbox of this machine has: the last range of all is this test's.
    private static let idMap = "0 2147287040 65536\n"
    private static let namespaces: NamespaceFlags = [.user, .mount, .process, .hostname]

    private struct Outcome: Equatable {
        var exit: ProcessExit.Status?
        var failure: LaunchedChild.Failure?
        var pid: Int32 = 0
    }

    /// Launches with these steps and waits; tells what came of it and what was left open.
    private func launch(
        early: [LaunchStep] = [.becomeRoot], earlyFault: Int? = nil,
        then steps: @escaping () throws -> [LaunchStep], fault: Int? = nil
    ) throws -> (Outcome, left: Set<String>) {
        var outcome = Outcome()
        let left = try leaks {
            var child = try LaunchedChild(
                namespaces: Self.namespaces, cgroup: nil, idMap: Self.idMap, early: early,
                fault: earlyFault)
            let null = try open("/dev/null", .readWrite)
            try child.join()
            try child.walk(
                try steps(), control: null.number,
                standard: (null.number, null.number, null.number), fault: fault)
            outcome.pid = child.pid
            outcome.exit = try child.wait().status
            outcome.failure = child.failure
        }
        return (outcome, left)
    }

    /// Whether a process of ours has this number, a zombie included.
    private func isOurs(_ pid: Int32) -> Bool {
        guard let status = try? readFile("/proc/\(pid)/status") else { return false }
        return status.split(separator: "\n").contains("PPid:\t\(currentProcessID())")
    }

    @Test func aChildThatWalksAllItsStepsBecomesAnotherProgram() throws {
        let (outcome, left) = try launch(
            early: [.becomeRoot, .setHostname("box")],
            then: { [.dieWithParent, .execute(try open("/bin/true", .path).release())] })
        #expect(outcome.exit == .exited(code: 0))
        #expect(outcome.failure == nil)
        #expect(left.count == 1, "init's file, which was given away here")
        #expect(!isOurs(outcome.pid))
    }

    @Test func aStepThatTheKernelRefusesIsNamedWithItsError() throws {
        let step = LaunchStep.attach(-1, at: "none")
        let (outcome, left) = try launch(then: { [.dieWithParent, step, .leaveHost] })
        #expect(outcome.exit == .exited(code: 127))
        #expect(outcome.failure == .init(step: step, errno: .ENOENT))
        #expect(left == [])
        #expect(!isOurs(outcome.pid))
    }

    @Test(arguments: 0..<3)
    func eachEarlyStepCanFailInPlaceOfBeingDone(index: Int) throws {
        let early: [LaunchStep] = [.becomeRoot, .setHostname("a"), .renewKeyring]
        let (outcome, left) = try launch(
            early: early, earlyFault: index, then: { [.leaveHost] })
        #expect(outcome.exit == .exited(code: 127))
        #expect(outcome.failure == .init(step: early[index], errno: .EIO))
        #expect(left == [])
    }

    @Test(arguments: 0..<3)
    func eachLaterStepCanFailInPlaceOfBeingDone(index: Int) throws {
        let steps: [LaunchStep] = [.dieWithParent, .setHostname("b"), .execute(-1)]
        let (outcome, left) = try launch(then: { steps }, fault: index)
        #expect(outcome.exit == .exited(code: 127))
        #expect(outcome.failure == .init(step: steps[index], errno: .EIO))
        #expect(left == [])
    }

    @Test func whatTheParentOpensAfterTheBeginningIsTheChildsToo() throws {
        // Released: it goes with the table of the thread that launched.
        let (outcome, _) = try launch(then: { [.execute(try open("/bin/false", .path).release())] })
        #expect(outcome.exit == .exited(code: 1))
    }

    @Test func aChildThatIsGivenUpAtAnyMomentLeavesNothing() throws {
        for moment in 0..<4 {
            var pid: Int32 = -1
            let left = try leaks {
                var child = try LaunchedChild(
                    namespaces: Self.namespaces, cgroup: nil, idMap: Self.idMap,
                    early: [.becomeRoot])
                if moment > 0 {
                    try child.join()
                    pid = child.pid
                }
                if moment > 1 {
                    let program = try open("/bin/sleep", .path)
                    let null = try open("/dev/null", .readWrite)
                    try child.walk(
                        [.execute(program.number)], control: null.number,
                        standard: (null.number, null.number, null.number))
                }
                if moment > 2 { try child.signal(.SIGKILL) }
            }
            #expect(left == [], "moment \(moment)")
            #expect(!isOurs(pid), "moment \(moment)")
        }
    }

    @Test func namespacesThatTheKernelDoesNotMakeAreAnErrorAndLeaveNothing() throws {
        var error: SystemCallError?
        let left = try leaks {
            // CLONE_FS with a user namespace: EINVAL, clone(2).
            var child = try LaunchedChild(
                namespaces: [.user, NamespaceFlags(rawValue: 0x200)], cgroup: nil,
                idMap: Self.idMap, early: [])
            error = failure { () throws(SystemCallError) in try child.join() }
        }
        #expect(error == SystemCallError("clone3", on: "a sandbox", .EINVAL))
        #expect(left == [])
    }

    @Test func mapsThatTheKernelDoesNotTakeAreAnErrorAndLeaveNothing() throws {
        var error: SystemCallError?
        var pid: Int32 = -1
        let left = try leaks {
            var child = try LaunchedChild(
                namespaces: Self.namespaces, cgroup: nil, idMap: "nonsense\n",
                early: [.becomeRoot])
            error = failure { () throws(SystemCallError) in try child.join() }
            pid = child.pid
        }
        #expect(error == SystemCallError("write", on: "its id maps", .EINVAL))
        #expect(left == [])
        #expect(!isOurs(pid))
    }

    @Test func aThousandStepsAreKeptAsLongAsTheChildWalks() throws {
        let many = (0..<1_000).map { LaunchStep.setHostname("host-\($0)") }
        let (outcome, left) = try launch(then: { many + [.attach(-1, at: "x")] })
        #expect(outcome.failure == .init(step: .attach(-1, at: "x"), errno: .ENOENT))
        #expect(left == [])
    }
}
