import Launch
import Plan
import Syscalls
import Testing

extension SandboxTests {
    /// Supervisors that come and go; the sandbox stays.
    @Suite(.serialized) struct TakingOverTests {
        let bench: Bench

        init() throws { bench = try Bench() }

        private func row(_ number: UInt64, _ kind: RunRow.Kind = .exec) throws -> RunRow {
            RunRow(
                id: RunID(rawValue: number), project: try ProjectName("shop"),
                workload: try WorkloadName("w\(number)"), kind: kind, command: ["sh"], startedAt: 0)
        }

        /// Launches one with two runs in it, one of which ends, and forgets it.
        private func abandoned() throws -> SandboxRecord {
            let policy = try bench.policy()
            let sandbox = try bench.launch(policy)
            try sandbox.start(1, "sleep 1000", policy, kind: .service)
            try sandbox.start(2, "exit 7", policy)
            _ = try sandbox.waitForStart(1)
            _ = try sandbox.waitForEnd(2)
            return sandbox.record
        }

        @Test func theNextSupervisorIsToldOfEveryRunAndHowItEnded() throws {
            let record = try abandoned()
            let sandbox = try bench.adopt(record, runs: [row(1, .service), row(2)])
            #expect(sandbox.record == record)
            var seen: [String] = []
            let count: Int = try sandbox.wait { event in
                switch event {
                case .running(let run, let pid, _): seen.append("\(run) runs \(pid > 0)")
                case .ended(let run, let end): seen.append("\(run) \(end)")
                case .reported(let count): return count
                default: break
                }
                return nil
            }
            #expect(count == 2)
            #expect(seen.sorted() == ["1 runs true", "2 exited(code: 7)"])
            sandbox.kill(RunID(rawValue: 1))
            #expect(try sandbox.waitForEnd(1) == .killed(signal: 9))
            #expect(try sandbox.end(withinMilliseconds: 5_000))
            #expect(try bench.left() == [])
        }

        @Test func anotherThanTheOneOfTheRecordIsRefused() throws {
            let record = try abandoned()
            func refusal(_ change: (inout SandboxRecord) -> Void) -> String? {
                var changed = record
                change(&changed)
                do throws(LaunchError) {
                    _ = try bench.adopt(changed)
                    return nil
                } catch { return error.message }
            }
            let prefix = "the sandbox of 'shop' cannot be taken over: "
            #expect(
                refusal { $0.pid = 0 } == prefix + "its launch did not come to its end")
            #expect(
                refusal { $0.boot = "another" } == prefix + "the machine was started anew since")
            #expect(
                refusal { $0.startTime += 1 }
                    == prefix + "process \(record.pid) is another one than its init")
            #expect(
                refusal { $0.cgroup += "x" }
                    == prefix + "its cgroup \(quoted(record.cgroup + "x")) is gone")
            // One that lives, with its own start time, and is nobody's init.
            let own = currentProcessID()
            #expect(
                refusal {
                    $0.pid = own
                    $0.startTime = ownStartTime()
                } == prefix + "its init, process \(own), is not in its cgroup")
            // None of that harmed it.
            let sandbox = try bench.adopt(record, runs: [row(1, .service), row(2)])
            #expect(try sandbox.end(withinMilliseconds: 5_000))
            #expect(
                refusal { _ in } == prefix + "its init, process \(record.pid), is gone")
        }

        private func ownStartTime() -> UInt64 {
            guard let stat = try? readFile("/proc/self/stat"), let close = stat.lastIndex(of: ")")
            else {
                return 0
            }
            return UInt64(stat[close...].split(separator: " ")[20]) ?? 0
        }

        @Test func whatNobodyHoldsIsTakenAwayByItsName() throws {
            let record = try abandoned()
            // In its parent's place, which is gone in earnest: somebody reaps.
            let child = try ProcessHandle(opening: record.pid)
            try child.signal(.SIGKILL)
            _ = try child.wait()
            let remains = try LiveSandbox.removeRemains(
                of: record.project, directory: bench.socket(record.project),
                cgroupParent: bench.cgroup, withinMilliseconds: 5_000)
            #expect(remains == .removed)
            #expect(try bench.left() == [])
            let again = try LiveSandbox.removeRemains(
                of: record.project, directory: bench.socket(record.project),
                cgroupParent: bench.cgroup, withinMilliseconds: 5_000)
            #expect(again == .none)
        }

        @Test func itsIdsStayItsOwnWhoeverHoldsIt() throws {
            let record = try abandoned()
            let lock = try open("/run/bulkhead/id-ranges", .readWrite)
            let index = Int64((record.range.base - IDRange(index: 0).base) / IDRange.count)
            #expect(try !lock.lockByte(at: index))
            let sandbox = try bench.adopt(record)
            #expect(try sandbox.end(withinMilliseconds: 5_000))
            #expect(try lock.lockByte(at: index))
        }

        @Test func aHundredSupervisorsAfterOneAnotherTakeItOver() throws {
            let record = try abandoned()
            for _ in 0..<100 {
                let sandbox = try bench.adopt(record, runs: [row(1, .service), row(2)])
                let _: Int = try sandbox.wait { event in
                    if case .reported(let count) = event { return count }
                    return nil
                }
            }
            let sandbox = try bench.adopt(record)
            #expect(try sandbox.end(withinMilliseconds: 5_000))
        }
    }
}
