import Plan
import Testing

@testable import Cgroups

@Suite struct LimitFindingTests {
    struct Case: CustomTestStringConvertible {
        var exit: Int32 = 0
        var oom: UInt64 = 0
        var kills: UInt64 = 0
        var peak: Bytes? = Bytes(536_800_000)
        var killed: [RunEvidence.KilledProcess] = []
        var logged: [OutOfMemoryKill] = []
        var refused: UInt64 = 0
        var pidsPeak: UInt64? = nil
        var time: Milliseconds? = nil
        var hasCounters = true
        let texts: [String]
        var isCause = false

        var testDescription: String { texts.joined(separator: " | ") }

        var evidence: RunEvidence {
            var usage = CgroupUsage()
            if hasCounters {
                usage.memory = .init(max: oom, oom: oom, oomKill: kills)
                usage.memoryPeak = peak
                usage.forksRefused = refused
                usage.pidsPeak = pidsPeak
            }
            return RunEvidence(
                limits: .standard, usage: usage, exitStatus: exit, timeLimit: time, killed: killed,
                outOfMemoryKills: logged)
        }
    }

    static let python = RunEvidence.KilledProcess(pid: 7, command: "python3")
    static let loggedPython = OutOfMemoryKill(
        hostPID: 4_711, command: "python3", user: 1_879_049_192, isMachineWide: false)
    static let cases = [
        Case(texts: []),
        Case(exit: 1, texts: []),
        // SIGKILL, but not by a limit.
        Case(exit: 137, killed: [python], texts: []),
        Case(
            exit: 137, oom: 3, kills: 1, killed: [python], logged: [loggedPython],
            texts: ["killed: memory.max 512M reached at 511.9M by python3 (pid 7)"], isCause: true),
        Case(
            exit: 137, oom: 3, kills: 1, killed: [python],
            texts: ["killed: memory.max 512M reached at 511.9M by python3 (pid 7)"], isCause: true),
        // Its own parent reaped it: init does not know its pid inside.
        Case(
            exit: 137, oom: 1, kills: 1, logged: [loggedPython],
            texts: ["killed: memory.max 512M reached at 511.9M by python3 (host pid 4711)"],
            isCause: true),
        // Two of that name were killed: which of them is not said.
        Case(
            exit: 137, oom: 1, kills: 2, killed: [python, .init(pid: 8, command: "python3")],
            logged: [loggedPython, loggedPython],
            texts: [
                "killed: memory.max 512M reached at 511.9M by python3 (host pid 4711) and 1 more"
            ], isCause: true),
        Case(
            exit: 137, oom: 1, kills: 1, peak: nil,
            texts: ["killed: memory.max 512M reached"], isCause: true),
        // Without the log, and more killed than the kernel killed: no guess.
        Case(
            exit: 137, oom: 1, kills: 1, killed: [python, .init(pid: 8, command: "sh")],
            texts: ["killed: memory.max 512M reached at 511.9M"], isCause: true),
        Case(
            exit: 2, oom: 1, kills: 1, killed: [python], logged: [loggedPython],
            texts: [
                "memory.max 512M reached at 511.9M: python3 (pid 7) was killed, the command went on"
            ]),
        Case(
            oom: 9, kills: 3, logged: [loggedPython],
            texts: [
                "memory.max 512M reached at 511.9M: python3 (host pid 4711) and 2 more were killed, "
                    + "the command went on"
            ]),
        Case(
            oom: 1, kills: 1,
            texts: [
                "memory.max 512M reached at 511.9M: 1 process was killed, the command went on"
            ]),
        Case(
            oom: 2, kills: 2,
            texts: [
                "memory.max 512M reached at 511.9M: 2 processes were killed, the command went on"
            ]),
        // The kernel killed, but not for our limit.
        Case(
            exit: 137, kills: 1, killed: [python],
            logged: [
                OutOfMemoryKill(hostPID: 9, command: "python3", user: 0, isMachineWide: true)
            ],
            texts: ["killed: the machine ran out of memory and the kernel chose python3 (pid 7)"],
            isCause: true),
        Case(
            exit: 137, kills: 1, logged: [loggedPython],
            texts: [
                "killed: a cgroup above the sandbox ran out of memory and the kernel chose "
                    + "python3 (host pid 4711)"
            ], isCause: true),
        Case(
            exit: 137, kills: 1,
            texts: ["killed: memory ran out outside of the sandbox"], isCause: true),
        // The cgroup was gone before it could be read.
        Case(
            exit: 137, logged: [loggedPython], hasCounters: false,
            texts: ["killed: memory.max 512M reached by python3 (host pid 4711)"], isCause: true),
        Case(
            exit: 137, oom: 1, kills: 1,
            logged: [
                OutOfMemoryKill(
                    hostPID: 9, command: "\u{1b}[2J", user: 0, isMachineWide: false)
            ],
            texts: [
                "killed: memory.max 512M reached at 511.9M by '\\u{1b}[2J' (host pid 9)"
            ], isCause: true),
        Case(exit: 2, refused: 31, texts: ["pids.max 256 reached: 31 forks were refused"]),
        Case(refused: 1, pidsPeak: 256, texts: ["pids.max 256 reached: 1 fork was refused"]),
        Case(
            refused: 2, pidsPeak: 9,
            texts: [
                "a limit on processes above the sandbox was reached: 2 forks were refused"
            ]),
        Case(
            exit: 143, time: Milliseconds(10_000), texts: ["killed: time limit 10s reached"],
            isCause: true),
        Case(
            exit: 137, oom: 1, kills: 1, killed: [python], refused: 1,
            time: Milliseconds(1_500),
            texts: [
                "killed: time limit 1.5s reached",
                "memory.max 512M reached at 511.9M: python3 (pid 7) was killed, the command went on",
                "pids.max 256 reached: 1 fork was refused",
            ], isCause: true),
    ]

    @Test(arguments: cases) func theCauseIsNamed(_ example: Case) {
        let found = LimitFinding.all(in: example.evidence)
        #expect(found.map(\.description) == example.texts)
        #expect((found.first?.isCause ?? false) == example.isCause)
        #expect(found.dropFirst().allSatisfy { !$0.isCause })
    }
}
