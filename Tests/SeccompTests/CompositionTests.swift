import Testbed
import Testing

@testable import Seccomp

struct ShippedCompositionTests {
    @Test func aDebuggerMayTraceAndNothingElseIsNew() throws {
        let machine = Machine(try repositoryStore.program(for: "debugger"))
        let base = Machine(try repositoryStore.program(for: "default"))
        let traced = ["ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd"]
        for name in SystemCallTable.names() {
            let expected = traced.contains(name) ? .allow : base.verdict(name)
            #expect(machine.verdict(name) == expected, "\(name)")
        }
        #expect(machine.verdict("ioctl", 0, 0x5412) == .errno(1))
    }

    @Test func aNetworkClientServesNobody() throws {
        let machine = Machine(try repositoryStore.program(for: "network-client"))
        for name in ["listen", "accept", "accept4"] {
            #expect(machine.verdict(name) == .errno(1))
        }
        #expect(machine.verdict("connect") == .allow)
        #expect(machine.verdict("socket", 10, 1, 0) == .allow)
    }

    @Test func strictOnlyTakesAway() throws {
        let strict = try repositoryStore.profile(for: "strict")
        let machine = Machine(try SeccompProgram(compiling: strict))
        let base = Machine(try repositoryStore.program(for: "default"))
        var dice = Seeded(7)
        for name in SystemCallTable.names() {
            for _ in 0..<200 {
                let arguments = (0..<6).map { _ in interesting(&dice) }
                guard case .number(let number) = SystemCallTable.entry(name) else { continue }
                if machine.verdict(UInt32(number), arguments) == .allow {
                    #expect(base.verdict(UInt32(number), arguments) == .allow, "\(name)")
                }
            }
        }
    }

    @Test func strictLetsAShellAndACompilerWorkAndNoJITs() throws {
        let machine = Machine(try repositoryStore.program(for: "strict"))
        #expect(machine.verdict("socket", 1, 1, 0) == .errno(97))
        #expect(machine.verdict("socketpair", 1, 1, 0) == .allow)
        #expect(machine.verdict("mmap", 0, 4096, 7) == .errno(1))
        #expect(machine.verdict("mmap", 0, 4096, 5) == .allow)
        #expect(machine.verdict("mmap", 0, 4096, 3) == .allow)
        #expect(machine.verdict("mprotect", 0, 4096, 5) == .errno(1))
        #expect(machine.verdict("mprotect", 0, 4096, 1) == .allow)
        #expect(machine.verdict("ioctl", 0, 0x5401) == .allow)
        #expect(machine.verdict("ioctl", 0, 0x5412) == .errno(25))
        #expect(machine.verdict("ioctl", 0, 0xdead) == .errno(25))
        #expect(machine.verdict("prctl", 15) == .allow)
        #expect(machine.verdict("prctl", 999) == .errno(22))
        #expect(machine.verdict("execve") == .allow)
        #expect(machine.verdict("memfd_create") == .errno(1))
    }

    /// Small numbers, single bits and random words: where comparisons turn.
    private func interesting(_ dice: inout Seeded) -> UInt64 {
        switch dice.next() % 4 {
        case 0: dice.next() % 64
        case 1: 1 << (dice.next() % 64)
        case 2: 0x5400 + dice.next() % 64
        default: dice.next()
        }
    }
}

struct CompositionTests {
    private let base = profileText(
        #"""
        {"names": ["ptrace", "kcmp"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
        {"names": ["ioctl"], "action": "SCMP_ACT_ALLOW"}
        """#)

    @Test func whatAChildSaysOfACallReplacesAllThatWasSaid() throws {
        let profile = try resolve([
            "child": #"""
            {"extends": "base", "syscalls": [
              {"names": ["ioctl"], "action": "SCMP_ACT_ALLOW",
               "args": [{"index": 1, "value": 7, "op": "SCMP_CMP_EQ"}]},
              {"names": ["kcmp"], "action": "SCMP_ACT_ALLOW"}]}
            """#,
            "base": base,
        ])
        let machine = Machine(try SeccompProgram(compiling: profile))
        #expect(machine.verdict("kcmp") == .allow)
        #expect(machine.verdict("ptrace") == .errno(13))
        #expect(machine.verdict("ioctl", 0, 7) == .allow)
        #expect(machine.verdict("ioctl", 0, 8) == .errno(1))
        #expect(profile.files == ["base", "child"])
        #expect(profile.name == "child")
    }

    @Test func twoProfilesWithOneParentDoNotUndoEachOther() throws {
        let profile = try resolve([
            "both": #"{"extends": ["a", "b"]}"#,
            "a":
                #"{"extends": "base", "syscalls": [{"names": ["ptrace"], "action": "SCMP_ACT_ALLOW"}]}"#,
            "b":
                #"{"extends": "base", "syscalls": [{"names": ["kcmp"], "action": "SCMP_ACT_ALLOW"}]}"#,
            "base": base,
        ])
        #expect(profile.files == ["base", "a", "b", "both"])
        let machine = Machine(try SeccompProgram(compiling: profile))
        #expect(machine.verdict("ptrace") == .allow)
        #expect(machine.verdict("kcmp") == .allow)
    }

    @Test func aLaterDefaultActionReplacesAnEarlierOne() throws {
        let profile = try resolve([
            "child": #"{"extends": "base", "defaultAction": "SCMP_ACT_KILL_PROCESS"}"#,
            "base": base,
        ])
        let machine = Machine(try SeccompProgram(compiling: profile))
        #expect(machine.verdict("read") == .killProcess)
        // Who kills wants no surprise: no ENOSYS for young calls either.
        #expect(machine.verdict(471) == .killProcess)
    }

    @Test func aProfileThatBuildsOnItselfIsNamedWithTheWayRound() {
        #expect(throws: ProfileError.cycle(["a", "b", "c", "a"])) {
            try resolve([
                "a": #"{"extends": "b"}"#, "b": #"{"extends": "c"}"#, "c": #"{"extends": "a"}"#,
            ])
        }
        #expect(throws: ProfileError.cycle(["a", "a"])) { try resolve(["a": #"{"extends": "a"}"#]) }
    }

    @Test func anUnknownParentIsNamedWhereItIsAsked() {
        let error = #expect(throws: ProfileError.self) {
            try resolve(["a": "{\n  \"extends\": [\"gone\"]\n}"])
        }
        #expect(error?.message == "a:2:15: profile 'gone': not found in /nowhere")
        #expect(error?.hint == "extends takes names of installed profiles, not paths")
    }

    @Test func depthAndNumberOfParentsAreBounded() {
        let error = #expect(throws: ProfileError.self) {
            try ResolvedProfile(try parse(#"{"extends": "p1"}"#), name: "p0") {
                (parent) throws(ProfileError) in
                try parse("{\"extends\": \"\(parent.name)1\"}")
            }
        }
        #expect(error?.message == "p.json:1:13: extends more than 16 profiles, or deeper than 8")
        let many = (0..<17).map { "\"p\($0)\"" }.joined(separator: ", ")
        #expect(throws: ProfileError.self) { try parse("{\"extends\": [\(many)]}") }
    }

    @Test func aProfileThatCannotStartAnythingIsRefused() {
        let text = profileText().replacing("\"execve\", ", "")
        let error = #expect(throws: ProfileError.self) { try resolve(["p": text]) }
        #expect(error?.message == "p: refuses execve: the command could not be started")
        #expect(error?.hint == "allow execve without conditions, or extend 'default'")
    }
}

extension String {
    /// The first occurrence replaced.
    func replacing(_ old: String, _ new: String) -> String {
        let pieces = Array(self)
        let pattern = Array(old)
        for start in 0...(pieces.count - pattern.count)
        where Array(pieces[start..<start + pattern.count]) == pattern {
            return String(pieces[..<start]) + new + String(pieces[(start + pattern.count)...])
        }
        return self
    }
}
