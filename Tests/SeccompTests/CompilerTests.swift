import Testbed
import Testing

@testable import Seccomp

struct CompilerTests {
    @Test func conditionsAreLookedAtBeforeTheRuleWithoutAny() throws {
        let machine = try compile(
            #"""
            {"names": ["kill"], "action": "SCMP_ACT_ALLOW"},
            {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
             "args": [{"index": 1, "value": 4294967295, "valueTwo": 9, "op": "SCMP_CMP_MASKED_EQ"}]}
            """#)
        #expect(machine.verdict("kill", 5, 9) == .errno(13))
        #expect(machine.verdict("kill", 5, 1 << 32 | 9) == .errno(13))
        #expect(machine.verdict("kill", 5, 15) == .allow)
    }

    @Test func theStrictestOfTheConditionsThatHoldCounts() throws {
        let machine = try compile(
            #"""
            {"names": ["mmap"], "action": "SCMP_ACT_ALLOW",
             "args": [{"index": 2, "value": 8, "op": "SCMP_CMP_LT"}]},
            {"names": ["mmap"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
             "args": [{"index": 2, "value": 4, "valueTwo": 4, "op": "SCMP_CMP_MASKED_EQ"}]},
            {"names": ["mmap"], "action": "SCMP_ACT_KILL_PROCESS",
             "args": [{"index": 2, "value": 6, "valueTwo": 6, "op": "SCMP_CMP_MASKED_EQ"}]},
            {"names": ["mmap"], "action": "SCMP_ACT_TRAP"}
            """#)
        #expect(machine.verdict("mmap", 0, 0, 3) == .allow)
        #expect(machine.verdict("mmap", 0, 0, 5) == .errno(13))
        #expect(machine.verdict("mmap", 0, 0, 7) == .killProcess)
        #expect(machine.verdict("mmap", 0, 0, 8) == .trap)
    }

    @Test func aRuleForACallOfOtherMachinesDoesNothing() throws {
        let machine = try compile(
            #"{"names": ["_llseek", "chown32", "getuid"], "action": "SCMP_ACT_ALLOW"}"#)
        #expect(machine.verdict("getuid") == .allow)
    }

    @Test func theTableEndsWhereItSays() throws {
        let machine = try compile(#"{"names": ["getuid"], "action": "SCMP_ACT_ALLOW"}"#)
        #expect(machine.verdict(UInt32(SystemCallTable.newest)) == .errno(1))
        #expect(machine.verdict(UInt32(SystemCallTable.newest) + 1) == .errno(38))
        #expect(SystemCallTable.entry("listns") == .number(SystemCallTable.newest))
    }

    @Test func equalFiltersHaveEqualDigests() throws {
        let one = try SeccompProgram(compiling: try resolve(["p": profileText()]))
        let two = try SeccompProgram(compiling: try resolve(["q": profileText()]))
        #expect(one.digest == two.digest)
        #expect(one.digest.hasPrefix("sha256:"))
        #expect(one.instructions.count == one.count * 8)
    }

    @Test func theHashIsTheOneOfTheStandard() {
        // FIPS 180-4, examples: the empty message, "abc", and one of two blocks.
        #expect(
            SHA256.hex(of: [])
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            SHA256.hex(of: Array("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            SHA256.hex(of: Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    }

    @Test func aProgramThatTheKernelWouldNotTakeIsRefused() throws {
        let groups = (0..<2_000).map {
            "{\"names\": [\"lseek\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
                + "[{\"index\": 1, \"value\": \($0 * 7), \"op\": \"SCMP_CMP_EQ\"}]}"
        }
        let profile = try resolve(["p": profileText(groups.joined(separator: ",\n"))])
        let error = #expect(throws: ProfileError.self) { try SeccompProgram(compiling: profile) }
        guard case .tooLong("p", let instructions) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(instructions > 4_096)
    }

    /// What libseccomp 2.5.4 allows by merging two rules that overlap.
    @Test func rulesThatOverlapAllowNothingThatNeitherAllows() throws {
        let machine = try compile(
            #"""
            {"names": ["mmap"], "action": "SCMP_ACT_ALLOW",
             "args": [{"index": 0, "value": 100, "op": "SCMP_CMP_GT"},
                      {"index": 1, "value": 24, "op": "SCMP_CMP_NE"}]},
            {"names": ["mmap"], "action": "SCMP_ACT_ALLOW",
             "args": [{"index": 0, "value": 50, "op": "SCMP_CMP_GE"},
                      {"index": 1, "value": 7, "op": "SCMP_CMP_EQ"}]}
            """#)
        #expect(machine.verdict("mmap", 60, 8) == .errno(1))
        #expect(machine.verdict("mmap", 60, 7) == .allow)
        #expect(machine.verdict("mmap", 101, 8) == .allow)
    }

    /// The filter against the meaning of the rules: shipped profiles, every call, arguments drawn
    /// around the values that are compared.
    @Test(arguments: ["default", "strict", "network-client", "debugger"])
    func shippedFiltersMeanWhatTheirRulesSay(name: String) throws {
        let profile = try repositoryStore.profile(for: name)
        let machine = Machine(try SeccompProgram(compiling: profile))
        var dice = Seeded(1)
        for call in SystemCallTable.names() {
            try compare(machine, profile, call, rounds: 60, &dice)
        }
    }

    /// The same for profiles nobody would write: many overlapping conditions of all kinds.
    @Test func randomFiltersMeanWhatTheirRulesSay() throws {
        var dice = Seeded(2)
        for _ in 0..<150 {
            let text = profileText(randomGroups(&dice))
            guard let profile = try? resolve(["p": text]) else { continue }
            let program: SeccompProgram
            do throws(ProfileError) {
                program = try SeccompProgram(compiling: profile)
            } catch {
                Issue.record("\(error.message)\n\(text)")
                continue
            }
            let machine = Machine(program)
            for call in ["lseek", "mmap", "futex", "getuid"] {
                try compare(machine, profile, call, rounds: 200, &dice)
            }
        }
    }

    private func compare(
        _ machine: Machine, _ profile: ResolvedProfile, _ call: String, rounds: Int,
        _ dice: inout Seeded
    ) throws {
        guard case .number(let number) = SystemCallTable.entry(call) else { return }
        let meaning = Meaning(profile, call)
        let compared = meaning.rules.flatMap(\.conditions)
        for _ in 0..<rounds {
            var arguments = (0..<6).map { _ in dice.next() >> (dice.next() % 64) }
            for condition in compared where dice.next() % 2 == 0 {
                let (value, second) = condition.ociValues
                let near = [value, second, value &+ 1, value &- 1, value | 1 << 32, ~value]
                arguments[Int(condition.index)] = near[Int(dice.next() % 6)]
            }
            let answer = machine.verdict(UInt32(number), arguments)
            let meant = meaning(arguments)
            if answer != meant {
                Issue.record("\(call) \(arguments): \(answer), not \(meant)\n\(profile.ociJSON())")
                return
            }
        }
    }

    private func randomGroups(_ dice: inout Seeded) -> String {
        let actions = ["ALLOW", "ERRNO", "TRAP", "KILL_PROCESS", "LOG", "KILL_THREAD"]
        let comparisons = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]
        var groups: [String] = []
        for _ in 0..<(1 + dice.next() % 8) {
            let call = ["lseek", "mmap", "futex", "getuid"][Int(dice.next() % 4)]
            var conditions: [String] = []
            for index in 0..<6 where dice.next() % 4 == 0 {
                let comparison = comparisons[Int(dice.next() % 7)]
                let value = dice.next() >> (1 + dice.next() % 63)
                let second = comparison == "MASKED_EQ" ? dice.next() & value : 0
                conditions.append(
                    "{\"index\": \(index), \"value\": \(value), \"valueTwo\": \(second), "
                        + "\"op\": \"SCMP_CMP_\(comparison)\"}")
            }
            let action = actions[Int(dice.next() % 6)]
            let errno = action == "ERRNO" ? ", \"errnoRet\": \(1 + dice.next() % 3)" : ""
            groups.append(
                "{\"names\": [\"\(call)\"], \"action\": \"SCMP_ACT_\(action)\"\(errno), \"args\": "
                    + "[\(conditions.joined(separator: ", "))]}")
        }
        return groups.joined(separator: ",\n")
    }
}
