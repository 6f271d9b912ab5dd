import Cgroups
import Launch
import Plan
import Syscalls
import Testbed
import Testing

extension SandboxTests {
    /// What needs controllers: by each driver that has them on this host, which may be none.
    @Suite(.serialized) struct LimitTests {
        private func files(_ sandbox: LiveSandbox) -> [String: String] {
            Dictionary(
                uniqueKeysWithValues: sandbox.limitsInForce().map { ($0.file, $0.value) })
        }

        private func limited(_ bench: Bench) throws -> ProjectPolicy {
            var policy = try bench.policy()
            policy.allowUnlimited = false
            policy.limits = Limits(
                memoryMax: .mebibytes(64), swapMax: Bytes(0), cpuMax: CPUBandwidth(millicores: 500),
                cpuWeight: 50, pidsMax: 40)
            return policy
        }

        @Test(arguments: Driver.withControllers)
        func limitsAreInForceAndChangeWhileItRuns(driver: Driver) throws {
            let bench = try Bench(driver)
            let policy = try limited(bench)
            let sandbox = try bench.launch(policy)
            #expect(sandbox.unenforced.isEmpty)
            #expect(files(sandbox)["memory.max"] == "\(64 << 20)")
            #expect(files(sandbox)["cpu.max"] == "50000 100000")
            #expect(files(sandbox)["cpu.weight"] == "50")
            #expect(files(sandbox)["pids.max"] == "40")
            try sandbox.start(1, "sleep 1000", policy, kind: .service)
            _ = try sandbox.waitForStart(1)
            try sandbox.updateLimits(
                Limits(memoryMax: .mebibytes(48), pidsMax: 30), allowUnlimited: false)
            #expect(files(sandbox)["memory.max"] == "\(48 << 20)")
            #expect(files(sandbox)["cpu.max"] == "max 100000")
            #expect(files(sandbox)["cpu.weight"] == "100")
            #expect(files(sandbox)["pids.max"] == "30")
            #expect(sandbox.usage().memoryCurrent ?? Bytes(0) > Bytes(0))
            #expect(sandbox.usage(of: RunID(rawValue: 1)).cpuTime ?? 0 > 0)
            #expect(try sandbox.end(withinMilliseconds: 20_000))
            #expect(try bench.left() == [])
        }

        @Test(arguments: Driver.withControllers)
        func aLimitBelowWhatIsInUseChangesNothing(driver: Driver) throws {
            let bench = try Bench(driver)
            let policy = try limited(bench)
            let sandbox = try bench.launch(policy)
            try sandbox.start(
                1, "head -c 20M /dev/zero > /tmp/x; touch ready; exec sleep 1000", policy)
            while (try? FileStatus(path: bench.work + "/ready")) == nil { sleep(milliseconds: 20) }
            let error = #expect(throws: LaunchError.self) {
                try sandbox.updateLimits(
                    Limits(memoryMax: .mebibytes(8)), allowUnlimited: false)
            }
            #expect(error?.message.hasPrefix("memory.max 8M is below the ") == true)
            #expect(files(sandbox)["memory.max"] == "\(64 << 20)")
            #expect(sandbox.processes().count == 2)
            #expect(try sandbox.end(withinMilliseconds: 20_000))
        }

        /// Waits for the end of a line that has none, and keeps all of it.
        private static let eater = "tail -n 1 /dev/zero"

        @Test(arguments: Driver.withControllers)
        func whoeverEatsTheMemoryIsToldFromItsOwnAndTheProjectsLimit(driver: Driver) throws {
            let bench = try Bench(driver)
            let policy = try limited(bench)
            let sandbox = try bench.launch(policy)
            try sandbox.start(1, "exec \(Self.eater)", policy) {
                $0.limits.memoryMax = .mebibytes(16)
            }
            let own = try sandbox.waitForEnd(1)
            #expect(own == .killed(signal: 9))
            let ownCause = sandbox.verdict(on: RunID(rawValue: 1), own).cause
            #expect(ownCause.hasPrefix("killed: memory.max 16M reached"), "\(ownCause)")
            try sandbox.start(2, "exec \(Self.eater)", policy)
            let projects = try sandbox.waitForEnd(2)
            let cause = sandbox.verdict(on: RunID(rawValue: 2), projects).cause
            #expect(cause.hasPrefix("killed: memory.max 64M reached"), "\(cause)")
            // And one that has nothing to do with it.
            try sandbox.start(3, "exit 1", policy)
            let third = try sandbox.waitForEnd(3)
            #expect(
                sandbox.verdict(on: RunID(rawValue: 3), third).cause == "exited with status 1")
            #expect(try sandbox.end(withinMilliseconds: 20_000))
        }

        @Test(arguments: Driver.withControllers)
        func forksThatWereRefusedAreToldOfTheirRun(driver: Driver) throws {
            let bench = try Bench(driver)
            let policy = try limited(bench)
            let sandbox = try bench.launch(policy)
            try sandbox.start(1, "for i in $(seq 20); do sleep 1000 & done; exit 0", policy) {
                $0.limits.pidsMax = 5
            }
            let end = try sandbox.waitForEnd(1)
            let verdict = sandbox.verdict(on: RunID(rawValue: 1), end)
            #expect(verdict.findings.first?.hasPrefix("pids.max 5 reached") == true, "\(verdict)")
            while try !sandbox.removeLeaf(RunID(rawValue: 1)) { sleep(milliseconds: 5) }
            #expect(try sandbox.end(withinMilliseconds: 20_000))
        }

        @Test(arguments: Driver.withControllers)
        func itIsTakenOverAndWhatNobodyHoldsIsTakenAway(driver: Driver) throws {
            let bench = try Bench(driver)
            let policy = try limited(bench)
            let record: SandboxRecord
            do {
                let sandbox = try bench.launch(policy)
                record = sandbox.record
                try sandbox.start(1, "exec sleep 1000", policy, kind: .service)
                _ = try sandbox.waitForStart(1)
            }
            do {
                let sandbox = try bench.adopt(record)
                #expect(sandbox.processes().count == 2)
                #expect(sandbox.isAlive)
            }
            let child = try ProcessHandle(opening: record.pid)
            var remains = LiveSandbox.Remains.ending
            for _ in 0..<200 where remains == .ending {
                remains = try LiveSandbox.removeRemains(
                    of: record.project, directory: bench.socket(record.project),
                    cgroupParent: bench.parent, withinMilliseconds: 100)
                // As whoever gets our children when we die; ECHILD the second time.
                _ = try? child.reap()
            }
            #expect(remains == .removed)
            #expect(try bench.left() == [])
        }

        @Test(arguments: Driver.withControllers)
        func aFaultAtAnyStepLeavesNothing(driver: Driver) throws {
            let bench = try Bench(driver)
            let policy = try limited(bench)
            var isLaunched = false
            for step in 0..<300 where !isLaunched {
                do {
                    let sandbox = try bench.launch(policy, faultPoint: step)
                    #expect(try sandbox.end(withinMilliseconds: 20_000))
                    isLaunched = true
                } catch is LaunchError {}
                #expect(try bench.left() == [], "step \(step)")
            }
            #expect(isLaunched)
        }
    }
}
