import Testing

@testable import Seccomp

@Suite struct LearnedProfileTests {
    private let base: ResolvedProfile

    init() throws {
        let text = """
            { "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
              { "names": ["execve", "write", "exit_group", "read", "getpgid", "kill"],
                "action": "SCMP_ACT_ALLOW" },
              { "names": ["socket"], "action": "SCMP_ACT_ALLOW",
                "args": [{ "index": 0, "value": 4294967295, "valueTwo": 1, "op": "SCMP_CMP_MASKED_EQ" }] },
              { "names": ["clone"], "action": "SCMP_ACT_ALLOW" },
              { "names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
                "args": [{ "index": 0, "value": 268435456, "valueTwo": 268435456,
                           "op": "SCMP_CMP_MASKED_EQ" }] }
            ] }
            """
        base = try resolve(text, named: "default", base: nil)
    }

    private func resolved(_ profile: LearnedProfile) throws -> ResolvedProfile {
        try resolve(profile.json(of: base), named: "mine", base: base)
    }

    @Test func whatWasNotUsedIsRemovedAndWhatEveryProgramNeedsIsKept() throws {
        // read is 0.
        let profile = LearnedProfile(used: [0], of: base, comment: "a \"test\"")
        #expect(profile.removed == ["clone", "getpgid", "kill", "socket"])
        #expect(try resolved(profile).allowedCalls == ["execve", "exit_group", "read", "write"])
        let difference = try resolved(profile).difference(from: base)
        #expect(difference.removed == profile.removed)
        #expect(difference.added.isEmpty && difference.logged.isEmpty)
    }

    @Test func aFileIsReadAsItWasWritten() throws {
        for isCanary in [false, true] {
            var profile = LearnedProfile(used: [0], of: base, comment: "x")
            profile.isCanary = isCanary
            try profile.allow("ptrace", reason: "gdb", of: base)
            let again = try LearnedProfile(
                Profile(parsing: Array(profile.json(of: base).utf8), file: "f"), of: base)
            #expect(again == profile)
        }
    }

    @Test func aCanaryKeepsWhatTheDefaultRefuses() throws {
        var profile = LearnedProfile(used: [0], of: base, comment: "x")
        profile.isCanary = true
        let rules = try resolved(profile).rules
        #expect(rules["clone"]?.map(\.action) == [.log, .errno(1)])
        #expect(rules["clone"]?[1].conditions == base.rules["clone"]?[1].conditions)
        #expect(rules["socket"]?.map(\.action) == [.log])
        #expect(rules["socket"]?[0].conditions.count == 1)
        #expect(rules["getpgid"]?.map(\.action) == [.log])
    }

    @Test func anAllowedCallIsAsTheDefaultHasItOrNamedWithItsReason() throws {
        var profile = LearnedProfile(used: [0], of: base, comment: "x")
        try profile.allow("clone", reason: "threads", of: base)
        try profile.allow("ptrace", reason: "gdb", of: base)
        try profile.allow("read", reason: "is there", of: base)
        #expect(profile.removed == ["getpgid", "kill", "socket"])
        #expect(profile.added == [.init(call: "ptrace", reason: "gdb")])
        #expect(try resolved(profile).rules["clone"] == base.rules["clone"])
        #expect(throws: ProfileError.self) {
            try profile.allow("no_such_call", reason: "", of: base)
        }
    }

    @Test func mergedProfilesKeepWhatEitherUsed() throws {
        var one = LearnedProfile(used: [0], of: base, comment: "x")
        // kill is 62, getpgid 121.
        one.merge(LearnedProfile(used: [62], of: base, comment: "y"))
        #expect(one.removed == ["clone", "getpgid", "socket"])
        #expect(try resolved(one).allowedCalls.contains("read"))
    }

    @Test(arguments: [
        #"{ "extends": "strict", "syscalls": [] }"#,
        #"{ "extends": "default", "defaultAction": "SCMP_ACT_KILL", "syscalls": [] }"#,
        #"{ "extends": "default", "syscalls": [{ "names": ["kill"], "action": "SCMP_ACT_TRAP" }] }"#,
        #"{ "extends": "default", "syscalls": [{ "names": ["ptrace"], "action": "SCMP_ACT_LOG" }] }"#,
    ])
    func whatLearnDidNotWriteIsLeftAlone(_ text: String) throws {
        let profile = try Profile(parsing: Array(text.utf8), file: "f")
        #expect(throws: ProfileError.self) { try LearnedProfile(profile, of: base) }
    }
}

/// `base` is what its parent stands for.
private func resolve(
    _ text: String, named name: String, base: ResolvedProfile?
) throws(ProfileError) -> ResolvedProfile {
    let parent = try base.map { (found) throws(ProfileError) in
        try Profile(parsing: Array(found.ociJSON().utf8), file: "default")
    }
    return try ResolvedProfile(Profile(parsing: Array(text.utf8), file: name), name: name) {
        (wanted) throws(ProfileError) in
        guard let parent else { throw .invalidName(wanted.name) }
        return parent
    }
}
