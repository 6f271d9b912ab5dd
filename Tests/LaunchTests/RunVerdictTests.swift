import Cgroups
import Plan
import Testing

@testable import Launch

struct RunVerdictTests {
    private func findings(
        _ end: RunEnd, own: CgroupUsage.MemoryEvents, ownMax: Bytes? = nil,
        whole: CgroupUsage.MemoryEvents = .init()
    ) -> RunVerdict {
        var ownUsage = CgroupUsage()
        ownUsage.memory = own
        var wholeUsage = CgroupUsage()
        wholeUsage.memory = whole
        wholeUsage.memoryPeak = .mebibytes(64)
        let evidence = LeafEvidence(
            own: ownUsage, ownLimits: Limits(memoryMax: ownMax), whole: wholeUsage,
            wholeLimits: Limits(memoryMax: .mebibytes(64)))
        return RunVerdict(
            end, findings: evidence.findings(end, timeLimit: nil, killed: []), stopped: nil)
    }

    @Test func itsOwnLimitIsTheCauseWhereThatWasReached() {
        let verdict = findings(
            .killed(signal: 9), own: .init(oom: 1, oomKill: 1), ownMax: .mebibytes(16),
            whole: .init(oom: 1, oomKill: 1))
        #expect(verdict.cause == "killed: memory.max 16M reached")
        #expect(verdict.findings == [])
    }

    @Test func theProjectsLimitIsTheCauseWhereTheLeafsWasNot() {
        let verdict = findings(
            .killed(signal: 9), own: .init(oomKill: 1), whole: .init(oom: 1, oomKill: 1))
        #expect(verdict.cause == "killed: memory.max 64M reached at 64M")
    }

    @Test func aShortageOfTheMachineIsNotHeldAgainstTheProject() {
        let verdict = findings(.killed(signal: 9), own: .init(oomKill: 1))
        #expect(verdict.cause == "killed: memory ran out outside of the sandbox")
    }

    @Test func aKilledChildIsAFindingAndNoCause() {
        let verdict = findings(
            .exited(code: 2), own: .init(oom: 1, oomKill: 1), ownMax: .mebibytes(16))
        #expect(verdict.cause == "exited with status 2")
        #expect(
            verdict.findings == [
                "memory.max 16M reached: 1 process was killed, the command went on"
            ])
    }

    @Test func refusedForksAreToldWithTheLimitThatRefused() {
        var own = CgroupUsage()
        own.forksRefused = 2
        func lines(own limit: UInt32?, whole: UInt32?) -> [String] {
            LeafEvidence(
                own: own, ownLimits: Limits(pidsMax: limit), whole: CgroupUsage(),
                wholeLimits: Limits(pidsMax: whole)
            ).findings(.exited(code: 0), timeLimit: nil, killed: []).map(\.description)
        }
        #expect(lines(own: 5, whole: 40) == ["pids.max 5 reached: 2 forks were refused"])
        #expect(lines(own: nil, whole: 40) == ["pids.max 40 reached: 2 forks were refused"])
    }

    @Test func whoStoppedItIsTheCauseAndHowItEndedAFinding() {
        let verdict = RunVerdict(
            .killed(signal: 15), findings: [], stopped: "stopped by an operator")
        #expect(verdict.cause == "stopped by an operator")
        #expect(verdict.findings == ["killed by SIGTERM"])
    }

    @Test func everyEndHasItsWords() {
        func cause(_ end: RunEnd) -> String {
            RunVerdict(end, findings: [], stopped: nil).cause
        }
        #expect(cause(.exited(code: 0)) == "exited with status 0")
        #expect(cause(.killed(signal: 11)) == "killed by SIGSEGV")
        #expect(cause(.lost) == "ended with its sandbox")
    }
}
