import Cgroups
import Control
import Plan
import Syscalls
import Testing

@testable import Launch

struct VerdictTests {
    private func ending(
        exit status: UInt8 = 0, signal: Signal? = nil
    ) -> InitMessage.Ending {
        .init(
            pid: 2, signalled: signal != nil, status: signal.map { UInt8($0.rawValue) } ?? status,
            userTime: 1, systemTime: 2, name: Array("make".utf8))
    }

    private func verdict(
        _ ending: InitMessage.Ending?, stop: StopReason? = nil, usage: CgroupUsage? = nil,
        casualties: [Casualty] = [], _ change: (inout RunRequest) -> Void = { _ in }
    ) throws -> Verdict {
        let ended = Ended(
            began: 0,
            measured: usage.map { Measurement(usage: $0, limits: [], at: 9) }, ending: ending,
            stop: stop, casualties: casualties, executing: 5)
        var log: OutOfMemoryLog?
        return Verdict(try plan(change), IDRange(index: 0), ended, log: &log)
    }

    private func plan(_ change: (inout RunRequest) -> Void) throws -> LaunchPlan {
        var request = RunRequest(command: ["make"])
        change(&request)
        return LaunchPlan(
            name: try SandboxName("t"),
            sandbox: SandboxPlan(
                hostname: "t", identity: request.identity, capabilities: [], network: .none,
                limits: request.limits, allowUnlimited: false, cgroupParent: nil,
                root: RootSkeleton(size: .mebibytes(1), inodes: 1, entries: []), mounts: []),
            workload: WorkloadPlan(
                command: request.command, candidates: [], environment: [], workingDirectory: "/",
                identity: request.identity, capabilities: [], seccompProfile: "default",
                resourceLimits: [], writable: [], terminal: false),
            interactive: false, timeLimit: request.timeLimit, grace: request.grace)
    }

    @Test(arguments: [UInt8(0), 1, 42, 125, 255])
    func theCommandsOwnExitStatusIsPassedOn(status: UInt8) throws {
        let verdict = try verdict(ending(exit: status))
        #expect(verdict.exitStatus == Int32(status))
        #expect(verdict.causes == [])
    }

    @Test func aSignalIsAddedTo128() throws {
        #expect(try verdict(ending(signal: .SIGTERM)).exitStatus == 143)
        #expect(try verdict(ending(signal: .SIGKILL)).exitStatus == 137)
        #expect(try verdict(ending(signal: Signal(rawValue: 11))).exitStatus == 139)
    }

    @Test func theTimeLimitIs137WhateverTheCommandMadeOfIt() throws {
        for end in [ending(exit: 0), ending(signal: .SIGTERM), nil] {
            let verdict = try verdict(end, stop: .timeLimit) { $0.timeLimit = Milliseconds(2_000) }
            #expect(verdict.exitStatus == 137)
            #expect(verdict.causes == ["killed: time limit 2s reached"])
        }
    }

    @Test func aSignalToBulkheadIsTheCause() throws {
        let polite = try verdict(ending(signal: .SIGINT), stop: .signal(.SIGINT))
        #expect(polite.exitStatus == 130)
        #expect(polite.causes == ["ended: by SIGINT to bulkhead"])
        let handled = try verdict(ending(exit: 3), stop: .signal(.SIGTERM))
        #expect(handled.exitStatus == 3)
        #expect(handled.causes == ["ended: by SIGTERM to bulkhead"])
        let ignored = try verdict(nil, stop: .signal(.SIGTERM))
        #expect(ignored.exitStatus == 137)
        #expect(ignored.causes == ["killed: by SIGTERM to bulkhead"])
    }

    @Test func anInitThatWasKilledIsNotHeldAgainstTheCommand() throws {
        let verdict = try verdict(nil)
        #expect(verdict.exitStatus == 137)
        #expect(verdict.causes == ["killed: its init was killed from outside the sandbox"])
    }

    @Test func theMemoryLimitIsNamedWithItsVictim() throws {
        var usage = CgroupUsage()
        usage.memory = .init(max: 9, oom: 1, oomKill: 1)
        usage.memoryPeak = .mebibytes(512)
        let verdict = try verdict(ending(signal: .SIGKILL), usage: usage)
        #expect(verdict.exitStatus == 137)
        #expect(verdict.causes == ["killed: memory.max 512M reached at 512M by make (pid 2)"])
    }

    @Test func aChildKilledForMemoryIsToldAndTheCommandsStatusStays() throws {
        var usage = CgroupUsage()
        usage.memory = .init(max: 9, oom: 1, oomKill: 1)
        let casualty = Casualty(pid: 7, name: Array("cc1 \u{1B}[2J".utf8))
        let verdict = try verdict(ending(exit: 2), usage: usage, casualties: [casualty])
        #expect(verdict.exitStatus == 2)
        #expect(
            verdict.causes == [
                "memory.max 512M reached: 'cc1 \\u{1b}[2J' (pid 7) was killed, the command went on"
            ])
    }

    @Test func refusedForksAreToldBesideTheCause() throws {
        var usage = CgroupUsage()
        usage.forksRefused = 12
        let verdict = try verdict(
            ending(signal: .SIGINT), stop: .signal(.SIGINT), usage: usage)
        #expect(
            verdict.causes == [
                "ended: by SIGINT to bulkhead", "pids.max 256 reached: 12 forks were refused",
            ])
    }

    @Test func aPidThatNoProcessCanHaveDoesNotStopUs() throws {
        var usage = CgroupUsage()
        usage.memory = .init(oom: 1, oomKill: 1)
        let casualty = Casualty(pid: .max, name: [0xFF, 0xFE])
        let verdict = try verdict(ending(exit: 0), usage: usage, casualties: [casualty])
        #expect(verdict.causes.count == 1)
        #expect(verdict.causes[0].contains("(pid 2147483647)"))
    }

    @Test func aTimeThatNoProcessCanHaveUsedDoesNotStopUs() {
        var end = ending()
        #expect(end.processorTime == 3)
        end.userTime = .max
        #expect(end.processorTime == .max)
    }
}
