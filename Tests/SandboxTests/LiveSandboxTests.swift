import Launch
import Plan
import Policy
import Syscalls
import Testbed
import Testing

extension SandboxTests {
    /// What needs root and cgroup2, and no controller.
    @Suite(.serialized) struct LiveSandboxTests {
        let bench: Bench

        init() throws { bench = try Bench() }

        @Test func aCommandRunsInASandboxAndNothingIsLeftAtTheEnd() throws {
            let policy = try bench.policy()
            let sandbox = try bench.launch(policy)
            let record = sandbox.record
            #expect(record.cgroup == bench.cgroup + "/bulkhead-shop")
            try sandbox.start(1, "exit 3", policy)
            #expect(try sandbox.waitForEnd(1) == .exited(code: 3))
            let verdict = sandbox.verdict(on: RunID(rawValue: 1), .exited(code: 3))
            #expect(verdict.cause == "exited with status 3")
            while try !sandbox.removeLeaf(RunID(rawValue: 1)) { sleep(milliseconds: 1) }
            try sandbox.acknowledge(RunID(rawValue: 1))
            #expect(try sandbox.end(withinMilliseconds: 5_000))
            #expect(try bench.left() == [])
            #expect(throws: SystemCallError.self) {
                try ProcessHandle(opening: record.pid).checkAlive()
            }
            // Once more does no harm.
            #expect(try sandbox.end())
        }

        @Test func streamsThatArePassedAreTheCommands() throws {
            let policy = try bench.policy()
            let sandbox = try bench.launch(policy)
            let output = try pipe()
            let null = try open("/dev/null", .readWrite)
            try sandbox.start(
                1, "pwd; id -u; grep 0:: /proc/self/cgroup", policy,
                .passed(input: null.number, output: output.write.number, error: null.number))
            #expect(try sandbox.waitForEnd(1) == .exited(code: 0))
            let said = String(decoding: try output.read.read(upTo: 4_096), as: UTF8.self)
            #expect(said == "\(bench.work)\n1000\n0::/tasks/1\n")
            #expect(try sandbox.end(withinMilliseconds: 5_000))
        }

        @Test func whatMustNotGetInIsRefused() throws {
            let policy = try bench.policy()
            let sandbox = try bench.launch(policy)
            let directory = try open("/", .directory)
            let error = #expect(throws: LaunchError.self) {
                try sandbox.start(
                    1, "true", policy,
                    .passed(input: 0, output: directory.number, error: directory.number))
            }
            #expect(
                error?.message == "standard output is a directory: it would let the sandbox out")
            #expect(try sandbox.end(withinMilliseconds: 5_000))
        }

        @Test func aCommandThatIsNotThereIsToldByItsName() throws {
            let policy = try bench.policy()
            let sandbox = try bench.launch(policy)
            try sandbox.spawn(
                RunID(rawValue: 5), WorkloadName("nobody"), .task,
                WorkloadPlan(CommandOrder(["no-such-program"]), in: policy), .discarded)
            let error: LaunchError = try sandbox.wait { event in
                if case .refused(RunID(rawValue: 5), let error) = event { return error }
                return nil
            }
            #expect(error.message.hasPrefix("'no-such-program': command not found"))
            // The child that could not execute is on its way out.
            while try !sandbox.removeLeaf(RunID(rawValue: 5)) { sleep(milliseconds: 1) }
            #expect(try sandbox.end(withinMilliseconds: 5_000))
        }

        @Test func aServicesWholeTreeIsKilledAtOnce() throws {
            let policy = try bench.policy()
            let sandbox = try bench.launch(policy)
            try sandbox.start(
                1, "setsid sleep 1000 & setsid sleep 1000 & sleep 1000", policy, kind: .service)
            let pid = try sandbox.waitForStart(1)
            while sandbox.processes().count < 4 { sleep(milliseconds: 5) }
            let processes = sandbox.processes()
            #expect(processes[0].workload == nil)
            #expect(processes[0].pid == sandbox.record.pid)
            #expect(processes[0].pidInside == 1)
            #expect(processes[0].user == 0)
            let own = try #require(processes.first { $0.pid == pid })
            #expect(own.workload?.text == "w1")
            #expect(own.run == RunID(rawValue: 1))
            #expect(own.user == 1_000)
            #expect(own.command.hasPrefix("sh -c "))
            sandbox.kill(RunID(rawValue: 1))
            #expect(try sandbox.waitForEnd(1) == .killed(signal: 9))
            while try !sandbox.removeLeaf(RunID(rawValue: 1)) { sleep(milliseconds: 1) }
            #expect(sandbox.processes().count == 1)
            // The name is free for the next run.
            try sandbox.start(2, "true", policy, kind: .service)
            #expect(try sandbox.waitForEnd(2) == .exited(code: 0))
            #expect(try sandbox.end(withinMilliseconds: 5_000))
        }

        @Test func aSignalGoesToTheFirstProcess() throws {
            let policy = try bench.policy()
            let sandbox = try bench.launch(policy)
            try sandbox.start(
                1, "trap 'exit 7' TERM; touch ready; while :; do sleep 0.01; done", policy)
            while (try? FileStatus(path: bench.work + "/ready")) == nil { sleep(milliseconds: 5) }
            try sandbox.signal(15, RunID(rawValue: 1))
            #expect(try sandbox.waitForEnd(1) == .exited(code: 7))
            #expect(try sandbox.end(withinMilliseconds: 5_000))
        }

        @Test func frozenRunsDoNothingAndInitAnswers() throws {
            let policy = try bench.policy()
            let sandbox = try bench.launch(policy)
            try sandbox.start(1, "while :; do echo x >> log; done", policy)
            while (try? FileStatus(path: bench.work + "/log")) == nil { sleep(milliseconds: 5) }
            try sandbox.freeze()
            #expect(sandbox.isFrozen)
            let before = try FileStatus(path: bench.work + "/log").size
            sleep(milliseconds: 50)
            #expect(try FileStatus(path: bench.work + "/log").size == before)
            try sandbox.requestReport()
            let count: Int = try sandbox.wait { event in
                if case .reported(let count) = event { return count }
                return nil
            }
            #expect(count == 1)
            try sandbox.thaw()
            #expect(!sandbox.isFrozen)
            while try FileStatus(path: bench.work + "/log").size == before {
                sleep(milliseconds: 5)
            }
            // What is frozen can be killed.
            try sandbox.freeze()
            #expect(try sandbox.end(withinMilliseconds: 5_000))
            #expect(try bench.left() == [])
        }

        @Test func twoProjectsNeverShareIds() throws {
            let one = try bench.launch(try bench.policy("shop"))
            let other = try bench.launch(try bench.policy("other"))
            #expect(one.record.range != other.record.range)
            #expect(try one.end(withinMilliseconds: 5_000))
            #expect(try other.end(withinMilliseconds: 5_000))
        }

        @Test func aProjectIsLaunchedOnce() throws {
            let sandbox = try bench.launch(try bench.policy())
            let error = #expect(throws: LaunchError.self) { try bench.launch(try bench.policy()) }
            #expect(
                error?.message == "processes are in the cgroup \(quoted(sandbox.record.cgroup))")
            // And what was there is untouched.
            #expect(sandbox.isAlive)
            #expect(try sandbox.end(withinMilliseconds: 5_000))
        }

        @Test func aCgroupThatNobodyIsInIsReplaced() throws {
            try Directory(opening: bench.cgroup).makeDirectory("bulkhead-shop")
            try Directory(opening: bench.cgroup).makeDirectory("bulkhead-shop/tasks")
            let sandbox = try bench.launch(try bench.policy())
            #expect(try sandbox.end(withinMilliseconds: 5_000))
        }

        @Test func secretsAreTheUsersAloneAndInNoPlan() throws {
            var policy = try bench.policy()
            try Directory(opening: bench.files.path).createFile(
                "key", containing: "s3cret", mode: 0o600)
            policy.secrets = [
                Secret(name: try WorkloadName("key"), path: bench.files.path + "/key")
            ]
            let sandbox = try bench.launch(policy)
            let output = try pipe()
            let null = try open("/dev/null", .readWrite)
            try sandbox.start(
                1, "cat /run/secrets/key; stat -c ' %a %u %g' /run/secrets/key; ! > /run/secrets/x",
                policy, .passed(input: null.number, output: output.write.number, error: null.number)
            )
            #expect(try sandbox.waitForEnd(1) == .exited(code: 0))
            let said = String(decoding: try output.read.read(upTo: 4_096), as: UTF8.self)
            #expect(said == "s3cret 400 1000 1000\n")
            try sandbox.start(2, "cat /run/secrets/key", policy) {
                $0.identity = Identity(user: 1_001, group: 1_001)
            }
            #expect(try sandbox.waitForEnd(2) == .exited(code: 1))
            #expect(try sandbox.end(withinMilliseconds: 5_000))
        }

        @Test func aSecretThatIsNotThereRefusesTheLaunch() throws {
            var policy = try bench.policy()
            policy.secrets = [
                Secret(name: try WorkloadName("key"), path: bench.files.path + "/none")
            ]
            let error = #expect(throws: LaunchError.self) { try bench.launch(policy) }
            #expect(
                error?.message == "cannot read the secret 'key' from "
                    + "'\(bench.files.path)/none': ENOENT (no such file or directory)")
            #expect(try bench.left() == [])
        }
    }
}
