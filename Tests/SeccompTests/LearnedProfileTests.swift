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
        #expect(profile.removed == ["getpgid", "kill", "socket"])
        #expect(profile.added == [.init(call: "ptrace", reason: "gdb")])
        #expect(try resolved(profile).rules["clone"] == base.rules["clone"])
    }

    @Test(arguments: [
        ("read", "is allowed already"), ("ptrace", "is allowed already"),
        ("socket", "with some arguments only"), ("clone", "with some arguments only"),
        ("no_such_call", "is no system call"), ("waitpid", "of other machines only"),
    ])
    func whatCannotBeAllowedIsRefused(_ call: String, _ reason: String) throws {
        // read, socket and clone were used.
        var profile = LearnedProfile(used: [0, 41, 56], of: base, comment: "x")
        try profile.allow("ptrace", reason: "gdb", of: base)
        let before = profile
        let error = #expect(throws: ProfileError.self) {
            try profile.allow(call, reason: "", of: base)
        }
        #expect(error?.message.contains(reason) == true)
        #expect(profile == before)
    }

    @Test func aCanaryThatWouldLogNothingIsRefused() throws {
        var nothing = LearnedProfile(used: [0, 41, 56, 62, 121], of: base, comment: "x")
        #expect(throws: ProfileError.self) { try nothing.setCanary(true) }
        var profile = LearnedProfile(used: [0], of: base, comment: "x")
        #expect(throws: ProfileError.self) { try profile.setCanary(false) }
        try profile.setCanary(true)
        #expect(throws: ProfileError.self) { try profile.setCanary(true) }
        try profile.setCanary(false)
        #expect(!profile.isCanary)
    }

    @Test func conditionsThatWereLostAreADifference() throws {
        let wide = try resolve(
            #"""
            { "extends": "default", "syscalls": [
              { "names": ["socket", "clone", "read"], "action": "SCMP_ACT_ALLOW" } ] }
            """#, named: "wide", base: base)
        let difference = wide.difference(from: base)
        #expect(difference.changed == ["clone", "socket"])
        #expect(difference.removed.isEmpty && difference.added.isEmpty)
        #expect(base.difference(from: base).changed.isEmpty)
        // A canary logs with the same conditions.
        var canary = LearnedProfile(used: [0], of: base, comment: "x")
        try canary.setCanary(true)
        #expect(try resolved(canary).difference(from: base).changed.isEmpty)
    }

    @Test func eachStepChangesWhatItIsForAndNothingElse() throws {
        let old = LearnedProfile(used: [0], of: base, comment: "x")
        var canary = old
        try canary.setCanary(true)
        var wider = old
        try wider.allow("getpgid", reason: "r", of: base)
        try wider.allow("ptrace", reason: "r", of: base)
        var both = wider
        try both.setCanary(true)
        #expect(canary.refusal(of: .canary, from: old) == nil)
        #expect(old.refusal(of: .enforce, from: canary) == nil)
        #expect(wider.refusal(of: .allow, from: old) == nil)
        #expect(old.refusal(of: .learn, from: wider) == nil)
        #expect(old.refusal(of: .learn, from: nil) == nil)
        for step in [LearnedProfile.Step.canary, .enforce, .allow] {
            #expect(both.refusal(of: step, from: old) != nil)
            #expect(old.refusal(of: step, from: old) != nil)
            #expect(old.refusal(of: step, from: nil) != nil)
            // Less is allowed.
            #expect(old.refusal(of: step, from: wider) != nil)
        }
        #expect(canary.refusal(of: .allow, from: old) != nil)
        #expect(wider.refusal(of: .canary, from: old) != nil)
        #expect(both.changes(from: old) == "is a canary; allows getpgid ptrace")
        #expect(old.changes(from: both) == "is enforced; takes away getpgid ptrace")
        #expect(old.changes(from: nil) == "takes away clone getpgid kill socket")
        #expect(old.changes(from: old) == "nothing")
    }

    @Test func whatReplacesAProfileOfAnotherMakingIsToldByThatProfile() throws {
        let learned = LearnedProfile(used: [0], of: base, comment: "x")
        func changes(_ profile: LearnedProfile, _ extending: String) throws -> String {
            let other = try resolve("{ \(extending) }", named: "other", base: base)
            return profile.changes(from: other, as: try resolved(profile))
        }
        // It allows less than the default, and more than what was there.
        let narrow = #"""
            "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
              { "names": ["execve", "write", "exit_group", "ptrace"], "action": "SCMP_ACT_ALLOW" }]
            """#
        #expect(try changes(learned, narrow) == "allows read; takes away ptrace")
        var canary = learned
        canary.isCanary = true
        let wide = #"""
            "extends": "default", "syscalls": [
              { "names": ["socket"], "action": "SCMP_ACT_ALLOW" }]
            """#
        #expect(
            try changes(canary, wide) == "is a canary; allows with other arguments socket")
    }

    @Test func aFileThatSaysMoreIsNotAllOfIt() throws {
        let profile = LearnedProfile(used: [0], of: base, comment: "x")
        let text = profile.json(of: base)
        #expect(profile.isAll(of: try Profile(parsing: Array(text.utf8), file: "f"), of: base))
        let other = text.replacing("\"errnoRet\": 1", with: "\"errnoRet\": 38", maxReplacements: 1)
        #expect(other != text)
        #expect(!profile.isAll(of: try Profile(parsing: Array(other.utf8), file: "f"), of: base))
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
        #"{ "extends": "default", "syscalls": [{ "names": ["clone"], "action": "SCMP_ACT_ALLOW" }] }"#,
        #"""
        { "extends": "default", "syscalls": [{ "names": ["kill"], "action": "SCMP_ACT_ERRNO",
          "args": [{ "index": 1, "value": 255, "valueTwo": 9, "op": "SCMP_CMP_MASKED_EQ" }] }] }
        """#,
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
