import Testing

@testable import Seccomp

/// What a filter may answer, told apart from what filters of the program's own do.
@Suite struct AnswersTests {
    private let program: SeccompProgram

    init() throws {
        program = try SeccompProgram(
            compiling: resolve([
                "default": profileText(
                    """
                    { "names": ["read"], "action": "SCMP_ACT_ALLOW" },
                    { "names": ["socket"], "action": "SCMP_ACT_ALLOW",
                      "args": [{ "index": 0, "value": 4294967295, "valueTwo": 1,
                                 "op": "SCMP_CMP_MASKED_EQ" }] },
                    { "names": ["getpgid"], "action": "SCMP_ACT_LOG" },
                    { "names": ["ptrace"], "action": "SCMP_ACT_KILL_THREAD" }
                    """)
            ]))
    }

    private let allow: UInt32 = 0x7fff_0000
    private let log: UInt32 = 0x7ffc_0000
    private let errno: UInt32 = 0x5_0000
    private let thread: UInt32 = 0
    private let process: UInt32 = 0x8000_0000

    @Test func allAnswersAreFoundWhateverTheArgumentsAre() {
        // read, socket, getpgid, ptrace, reboot, one above the table, one that no machine has.
        #expect(program.answers(to: 0) == [allow])
        #expect(program.answers(to: 41) == [allow, errno])
        #expect(program.answers(to: 121) == [log])
        #expect(program.answers(to: 101) == [thread])
        #expect(program.answers(to: 169) == [errno])
        #expect(program.answers(to: 500) == [errno])
        #expect(program.answers(to: nil) == [errno])
        #expect(program.answers(to: 0, from: .i386) == [process])
    }

    @Test func whatTheProfileNeverAnswersIsOfAnotherFilter() {
        #expect(program.gives(errno | 13, to: 169) == true)
        #expect(program.gives(errno, to: 41) == true)
        // getuid, logged by a filter of its own.
        #expect(program.gives(log, to: 102) == false)
        #expect(program.gives(errno, to: 0) == false)
        #expect(program.gives(thread, to: 0) == false)
        // Each call of a 32-bit program is killed for.
        #expect(program.gives(process, to: 0) == nil)
        #expect(program.gives(thread, to: 101) == true)
    }

    @Test func aCallIsMissingThatIsAnsweredAsByAKernelWithoutItAlone() throws {
        let mixed = try SeccompProgram(
            compiling: resolve([
                "default": profileText(
                    """
                    { "names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 },
                    { "names": ["reboot"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 },
                    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 },
                    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 97,
                      "args": [{ "index": 0, "value": 4294967295, "valueTwo": 1,
                                 "op": "SCMP_CMP_MASKED_EQ" }] },
                    { "names": ["getpgid"], "action": "SCMP_ACT_LOG" }
                    """)
            ]))
        #expect(mixed.saysMissing(to: 435, answering: errno))
        #expect(mixed.saysMissing(to: 435, answering: errno | 38))
        #expect(!mixed.saysMissing(to: 435, answering: log))
        // reboot, socket with one of two errors, getpgid.
        for call: Int32 in [169, 41, 121] {
            #expect(!mixed.saysMissing(to: call, answering: errno))
        }
    }

    @Test func aKillThatTheFilterDoesNotDoIsOfA32BitProgram() {
        // 1 is exit of i386, and write of x86-64.
        #expect(program.origin(of: 1, answered: process) == .i386)
        #expect(program.origin(of: 101, answered: thread) == .x86_64)
        #expect(program.origin(of: 169, answered: errno) == .x86_64)
        let i386 = SeccompProgram.Origin.i386.rawValue
        #expect(systemCallName(1, architecture: i386) == "exit of i386")
    }

    @Test func whatOurCompilerDidNotWriteHasNoAnswer() {
        for instruction in [Instruction(0x16, 0, 0, 0), .jump(9)] {
            let bytes = Instruction.encode([instruction])
            let foreign = SeccompProgram(instructions: bytes, profile: "", digest: "")
            #expect(foreign.answers(to: 0) == nil)
            #expect(foreign.gives(errno, to: 0) == nil)
        }
    }
}
