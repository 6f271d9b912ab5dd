import Launch
import Plan
import Syscalls
import Testbed
import Testing

extension SandboxTests {
    /// A launch that fails at any of its steps leaves nothing behind: docs/decisions/0006.
    @Suite(.serialized) struct FaultTests {
        let bench: Bench

        init() throws { bench = try Bench() }

        /// More steps than any launch has.
        private static let stepsMax = 300

        /// Without those that other tests have meanwhile in directories of theirs.
        private func mounts() throws -> Int {
            try readFile("/proc/self/mountinfo").split(separator: "\n").count {
                !$0.contains("/tmp/bulkhead-tests-") || $0.contains(bench.files.path)
            }
        }

        @Test func aFaultAtAnyStepLeavesNothing() throws {
            let policy = try bench.policy()
            let before = try mounts()
            var said: [String] = []
            var left: [String] = []
            for step in 0..<Self.stepsMax {
                let launched = try leaks {
                    do {
                        let sandbox = try self.bench.launch(policy, faultPoint: step)
                        _ = try sandbox.end(withinMilliseconds: 5_000)
                        said.append("")
                    } catch let error as LaunchError { said.append(error.message) }
                }
                left += launched.map { "step \(step): \($0)" }
                left += try bench.left().map { "step \(step): \($0)" }
                if said.last == "" { break }
            }
            #expect(left == [])
            #expect(try mounts() == before)
            #expect(said.last == "", "there is an end of steps")
            #expect(said.count > 40)
            // Each is named, and none twice.
            #expect(Set(said).count == said.count)
            for step in [
                "make the cgroup", "lease an id range", "make the control socket",
                "adopt the process into the cgroup", "tell of it", "give the go-ahead",
                "execute bulkhead-init", "connect to init", "divide the cgroup",
                "hand over the lease",
            ] {
                #expect(said.contains { $0.contains(step) }, "\(step)")
            }
        }

        @Test func whoeverIsToldOfItCanStillRefuse() throws {
            var told: SandboxRecord?
            let error = #expect(throws: LaunchError.self) {
                try bench.launch(try bench.policy()) { record throws(LaunchError) in
                    told = record
                    throw .injected("no room in the ledger")
                }
            }
            #expect(error?.message == "fault injected: no room in the ledger")
            let record = try #require(told)
            #expect(record.pid > 0)
            #expect(record.cgroup == bench.cgroup + "/bulkhead-shop")
            #expect(throws: SystemCallError.self) {
                try ProcessHandle(opening: record.pid).checkAlive()
            }
            #expect(try bench.left() == [])
        }
    }
}
