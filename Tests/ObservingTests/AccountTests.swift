import Cgroups
import Plan
import Syscalls
import Testing

@testable import Observing

struct AccountTests {
    private func evidence(
        _ end: RunEnd, _ change: (inout EndEvidence) -> Void = { _ in }
    ) throws -> EndEvidence {
        var evidence = EndEvidence(
            RunID(rawValue: 7), try ProjectName("shop"), try WorkloadName("web"), .service, end)
        evidence.pid = 700
        change(&evidence)
        return evidence
    }

    private func memory(
        oom: UInt64, kills: UInt64, own: Bytes? = .mebibytes(100), whole: Bytes? = .mebibytes(400),
        wholeOOM: UInt64 = 0, before: UInt64 = 0
    ) -> LeafEvidence {
        var leaf = LeafEvidence()
        leaf.own.memory = .init(oom: oom, oomKill: kills)
        leaf.own.memoryPeak = own
        leaf.ownLimits.memoryMax = own
        leaf.whole.memory = .init(oom: wholeOOM, oomKill: kills)
        leaf.whole.memoryPeak = whole
        leaf.wholeLimits.memoryMax = whole
        leaf.before = .init(oom: before)
        return leaf
    }

    private let main = OutOfMemoryKill(
        hostPID: 700, command: "python3", user: 0x7000_0001, isMachineWide: false)
    private let child = OutOfMemoryKill(
        hostPID: 701, command: "worker", user: 0x7000_0001, isMachineWide: false)

    @Test func whatEndsByItselfIsToldByItsStatus() throws {
        let well = try evidence(.exited(code: 0)).account()
        #expect(well.cause == .exited && well.text == "exited with status 0")
        #expect(well.suggestion == nil)
        let badly = try evidence(.exited(code: 3)).account()
        #expect(badly.cause == .exited && badly.text == "exited with status 3")
        #expect(badly.suggestion == "bulkhead logs shop/web --run 7")
    }

    @Test func aSignalThatNobodyOfOursSentIsItsOwn() throws {
        let crashed = try evidence(.killed(signal: 11)).account()
        #expect(crashed.cause == .signal && crashed.text == "killed by SIGSEGV")
        let killed = try evidence(.killed(signal: 9)).account()
        #expect(killed.cause == .signal)
        #expect(killed.text == "killed by SIGKILL, which neither Bulkhead nor a limit sent")
    }

    @Test func theMainProcessKilledAtItsOwnLimitNamesTheLimitAndAsksForTwoFifthsMore() throws {
        let account = try evidence(.killed(signal: 9)) {
            $0.leaf = memory(oom: 1, kills: 1)
            $0.logged = [main]
        }.account()
        #expect(account.cause == .memoryMax)
        #expect(
            account.text == "killed: memory.max 100M reached at 100M by python3 (host pid 700)")
        #expect(account.suggestion == "bulkhead quota set shop/web --memory 140M")
        #expect(account.evidence.first == "killed by SIGKILL")
    }

    @Test func whereTheProjectHasNoRoomForMoreItsLimitIsToBeRaised() throws {
        func suggestion(own: Bytes, whole: Bytes) throws -> String? {
            try evidence(.killed(signal: 9)) {
                $0.leaf = memory(oom: 1, kills: 1, own: own, whole: whole)
            }.account().suggestion
        }
        #expect(
            try suggestion(own: .mebibytes(100), whole: .mebibytes(120))
                == "bulkhead quota set shop/web --memory 120M")
        #expect(
            try suggestion(own: .mebibytes(1_024), whole: .mebibytes(1_024))
                == "bulkhead quota set shop --memory 1.4G")
    }

    @Test func theProjectsLimitIsTheOneToRaiseWhereThatKilled() throws {
        let account = try evidence(.killed(signal: 9)) {
            $0.leaf = memory(oom: 0, kills: 1, own: nil, wholeOOM: 3, before: 2)
        }.account()
        #expect(account.cause == .memoryMax)
        #expect(account.text == "killed: memory.max 400M reached at 400M")
        #expect(account.suggestion == "bulkhead quota set shop --memory 560M")
    }

    @Test func anEarlierShortageOfTheProjectIsNotHeldAgainstALaterRun() throws {
        let account = try evidence(.killed(signal: 9)) {
            $0.leaf = memory(oom: 0, kills: 1, own: nil, wholeOOM: 2, before: 2)
        }.account()
        #expect(account.cause == .memoryMachine)
    }

    @Test func aShortageOfTheMachineIsItsOwnCause() throws {
        let account = try evidence(.killed(signal: 9)) {
            $0.leaf = memory(oom: 0, kills: 1)
            $0.logged = [
                OutOfMemoryKill(
                    hostPID: 700, command: "python3", user: 0x7000_0001, isMachineWide: true)
            ]
        }.account()
        #expect(account.cause == .memoryMachine)
        #expect(
            account.text
                == "killed: the machine ran out of memory and the kernel chose python3 (host pid 700)"
        )
    }

    @Test func aChildThatWasKilledIsNamedAndTheMainProcessGaveUp() throws {
        let account = try evidence(.exited(code: 1)) {
            $0.leaf = memory(oom: 1, kills: 1)
            $0.killed = [.init(pid: 9, command: "worker")]
            $0.logged = [child]
        }.account()
        #expect(account.cause == .memoryChild)
        #expect(
            account.text
                == "exited with status 1 after memory.max 100M reached at 100M: worker (pid 9) was"
                + " killed, the command went on")
    }

    @Test func aKillThatTheKernelsLogHasOfAnotherIsNotTheMainProcesss() throws {
        let account = try evidence(.killed(signal: 9)) {
            $0.leaf = memory(oom: 1, kills: 1)
            $0.logged = [child]
        }.account()
        #expect(account.cause == .signal)
    }

    @Test func aShellThatPassesOnTheEndOfItsChildLostAChild() throws {
        let account = try evidence(.exited(code: 137)) {
            $0.leaf = memory(oom: 1, kills: 1)
        }.account()
        #expect(account.cause == .memoryChild)
    }

    @Test func forksThatWereRefusedAreTheCauseOnlyWhereItGaveUp() throws {
        func account(_ end: RunEnd, own: UInt32?) throws -> RunAccount {
            try evidence(end) {
                $0.leaf.own.forksRefused = 3
                $0.leaf.ownLimits.pidsMax = own
                $0.leaf.wholeLimits.pidsMax = 100
            }.account()
        }
        let gaveUp = try account(.exited(code: 2), own: 20)
        #expect(gaveUp.cause == .pids)
        #expect(
            gaveUp.text
                == "exited with status 2 after a limit was met: pids.max 20 reached: 3 forks were"
                + " refused")
        #expect(gaveUp.suggestion == "bulkhead quota set shop/web --pids 40")
        #expect(
            try account(.killed(signal: 6), own: 80).suggestion?.hasSuffix("--pids 100") == true)
        #expect(
            try account(.exited(code: 1), own: nil).suggestion
                == "bulkhead quota set shop --pids 200")
        #expect(try account(.exited(code: 0), own: 20).cause == .exited)
        #expect(try account(.killed(signal: 11), own: 20).cause == .signal)
    }

    @Test func aFullStorageIsTheCauseWhereItGaveUpOnIt() throws {
        func account(bytes: UInt64, inodes: UInt64, log: [String] = []) throws -> RunAccount {
            try evidence(.exited(code: 1)) {
                $0.disk = .init(bytes: bytes, bytesMax: 100 << 20, inodes: inodes, inodesMax: 1_000)
                $0.log = log
            }.account()
        }
        let disk = try account(bytes: 100 << 20, inodes: 5)
        #expect(disk.cause == .disk)
        #expect(disk.suggestion == "bulkhead quota set shop --disk 150M")
        #expect(disk.evidence == ["storage: 100M of 100M used", "storage: 5 of 1000 inodes used"])
        let inodes = try account(bytes: 1, inodes: 1_000)
        #expect(inodes.cause == .inodes)
        #expect(inodes.suggestion == "bulkhead quota set shop --inodes 2000")
        let fixed = try evidence(.exited(code: 1)) {
            $0.disk = .init(bytes: 1, bytesMax: 100 << 20, inodes: 1_000, inodesMax: 1_000)
            $0.hasFixedInodes = true
        }
        #expect(fixed.account().suggestion == "bulkhead rescue shop")
        #expect(try account(bytes: 90 << 20, inodes: 5).cause == .exited)
        let told = "OSError: [Errno 28] No space left on device"
        #expect(try account(bytes: 90 << 20, inodes: 5, log: [told]).cause == .disk)
        #expect(try account(bytes: 10 << 20, inodes: 5, log: [told]).cause == .exited)
    }

    @Test func whatStandsInNoConfigurationIsToBeRunAgainWithMore() throws {
        func suggestion(_ command: [String], _ end: RunEnd = .killed(signal: 9)) throws -> String? {
            try evidence(end) {
                $0.command = command
                $0.leaf = memory(oom: 1, kills: 1, own: .mebibytes(100), whole: .mebibytes(400))
            }.account().suggestion
        }
        #expect(
            try suggestion(["make", "it's all"])
                == "bulkhead run -p shop --memory 140M -- make 'it'\\''s all'")
        #expect(
            try suggestion(["python3", "-c", "a\nb"])
                == "bulkhead run -p shop --memory 140M -- COMMAND")
        let late = try evidence(.killed(signal: 9)) {
            $0.stop = StopOrder(.timeLimit, "time limit of 5s reached")
            $0.command = ["sleep", "9"]
        }
        #expect(late.account().suggestion == "bulkhead run -p shop -- sleep 9")
    }

    @Test func whatWasFullWhenItSaidSoIsTheCauseThoughItCleanedUp() throws {
        func cause(log: [String]) throws -> RunCause {
            try evidence(.exited(code: 2)) {
                $0.disk = .init(bytes: 3, bytesMax: 100, inodes: 5, inodesMax: nil)
                $0.diskMet = .init(bytes: 100, bytesMax: 100, inodes: 5, inodesMax: nil)
                $0.log = log
            }.account().cause
        }
        #expect(try cause(log: ["write: No space left on device"]) == .disk)
        // That was long ago.
        #expect(try cause(log: ["connection refused"]) == .exited)
    }

    @Test func aCallThatTheProfileKillsForIsNamed() throws {
        let account = try evidence(.killed(signal: 31)) {
            $0.profile = "strict"
            $0.denied = SeccompKill(
                hostPID: 700, user: 0x7000_0001, call: 101, architecture: 0xc000_003e)
            $0.deniedCall = "ptrace"
        }.account()
        #expect(account.cause == .seccomp)
        #expect(account.text == "killed by SIGSYS: ptrace, which profile strict kills for")
        #expect(account.suggestion == "bulkhead profile show strict")
        #expect(
            try evidence(.killed(signal: 31)).account().text
                == "killed by SIGSYS: a system call that its seccomp profile kills for")
    }

    @Test(arguments: [
        (nil, "getpid, which profile strict or a filter of its own kills for"),
        (true, "getpid, which a filter of its own kills for"),
    ])
    func aKillOfAnotherFilterIsNotTheProfiles(_ byOwnFilter: Bool?, _ words: String) throws {
        let account = try evidence(.killed(signal: 31)) {
            $0.profile = "strict"
            $0.denied = SeccompKill(
                hostPID: 700, user: 0x7000_0001, call: 39, architecture: 0xc000_003e,
                byOwnFilter: byOwnFilter)
            $0.deniedCall = "getpid"
        }.account()
        #expect(account.text == "killed by SIGSYS: \(words)")
    }

    @Test(arguments: [
        (StopOrder(.health, "liveness check failed: refused"), "liveness check failed: refused"),
        (StopOrder(.timeLimit, "time limit of 5s reached"), "time limit of 5s reached"),
        (
            StopOrder(.operator, "stopped by an operator", actor: 1_000),
            "stopped by an operator (uid 1000, alice)"
        ),
        (StopOrder(.operator, "killed by uid 0", actor: 0), "killed by uid 0"),
        (StopOrder(.supervisorStop, "its project stops"), "its project stops"),
        (StopOrder(.configuration, "its configuration changed"), "its configuration changed"),
        (StopOrder(.preempted, "its memory was wanted"), "its memory was wanted"),
    ])
    func whatBulkheadDidItselfIsToldAsThat(order: StopOrder, text: String) throws {
        for end in [RunEnd.exited(code: 0), .exited(code: 1), .killed(signal: 15), .lost] {
            let account = try evidence(end) {
                $0.stop = order
                $0.userNames = [1_000: "alice"]
                // Counted before, and not why it ended.
                $0.leaf.own.forksRefused = 1
            }.account()
            #expect(account.cause == order.cause && account.text == text)
            #expect(account.actor == order.actor)
            #expect(!account.evidence.contains { $0.isEmpty })
        }
    }

    @Test func aKillForMemoryWhileItStoppedIsWhatItEndedBy() throws {
        let account = try evidence(.killed(signal: 9)) {
            $0.stop = StopOrder(.operator, "stopped by an operator", actor: 0)
            $0.leaf = memory(oom: 1, kills: 1)
            $0.logged = [main]
        }.account()
        #expect(account.cause == .memoryMax)
    }

    @Test func aSignalOfAnOperatorIsTheOperators() throws {
        func account(_ end: RunEnd, _ number: UInt8) throws -> RunAccount {
            try evidence(end) { $0.sent = .init(number: number, actor: 1_000) }.account()
        }
        let killed = try account(.killed(signal: 15), 15)
        #expect(killed.cause == .operator && killed.actor == 1_000)
        #expect(killed.text == "killed by SIGTERM: SIGTERM was sent by uid 1000")
        #expect(try account(.exited(code: 0), 15).cause == .operator)
        #expect(try account(.exited(code: 1), 10).cause == .exited)
        #expect(try account(.killed(signal: 11), 15).cause == .signal)
    }

    @Test func whatWasLostSaysWithWhat() throws {
        let account = try evidence(.lost) { $0.lossReason = "its init ended" }.account()
        #expect(account.cause == .lost)
        #expect(account.text == "ended with its sandbox: its init ended")
    }

    @Test func noEndHasNoCauseAndNoTextIsTwoLines() throws {
        let ends: [RunEnd] =
            [.exited(code: 0), .exited(code: 255), .lost]
            + (1...64).map { .killed(signal: $0) }
        for end in ends {
            for kills in [UInt64(0), 1] {
                let account = try evidence(end) {
                    $0.leaf = memory(oom: kills, kills: kills)
                    $0.leaf.own.forksRefused = kills
                    $0.killed = [.init(pid: 1, command: "a\nb")]
                }.account()
                #expect(!account.text.isEmpty)
                for line in account.evidence + [account.text, account.suggestion ?? ""] {
                    #expect(!line.utf8.contains(10), "\(end): \(line)")
                }
            }
        }
    }

    @Test func sizesAreRoundedUpSoThatTheyFit() {
        // 1.4 GiB are 1,503,238,553.6 bytes, of which a limit of 1.4G has the whole ones.
        #expect(Bytes(1_503_238_553).roundedUp == "1.4G")
        #expect(Bytes(1_503_238_554).roundedUp == "1.5G")
        #expect(Bytes.mebibytes(717).roundedUp == "717M")
        #expect(Bytes(10).roundedUp == "0.1K")
        #expect(Bytes((10 << 30) + 1).roundedUp == "11G")
    }

    @Test func theLastLinesAreWholeAndBounded() {
        let text = (0..<300).map { "line \($0)\n" }.reduce("", +)
        #expect(lastLines(of: Array(text.utf8)) == (290..<300).map { "line \($0)" })
        let cut = Array(String(repeating: "x", count: 2_030).utf8) + Array("\nwhole\nend".utf8)
        #expect(cut.count < 2_048)
        #expect(lastLines(of: cut).count == 3)
        #expect(lastLines(of: [120] + [UInt8](repeating: 120, count: 2_047) + [10, 97]) == ["a"])
        #expect(lastLines(of: Array("a\u{1b}[2Jb".utf8)) == ["a\\u{1b}[2Jb"])
        #expect(lastLines(of: []) == [])
    }
}
