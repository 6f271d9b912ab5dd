import Testing

@testable import Seccomp

/// Every refusal in its exact words, with its place.
struct ParserTests {
    @Test(
        arguments: [
            ("", "p.json:1:1: '[' or '{' expected near end of file", nil),
            ("[]", "p.json:1:1: the profile: expected an object, found a list", nil),
            ("{\n  \"comment\": \"x\n\"}", "p.json:2:15: unexpected newline near '\"x'", nil),
            (
                "{\"comment\": \"a\",\n \"comment\": \"b\"}",
                "p.json:2:10: duplicate object key near '\"comment\"'", "keep one of them"
            ),
            ("{} x", "p.json:1:4: end of file expected near 'x'", nil),
            (
                "{\n  \"defaultAktion\": 1}",
                "p.json:2:3: the profile: unknown member 'defaultAktion'",
                "did you mean 'defaultAction'?"
            ),
            (
                "{}", "p.json:1:1: defaultAction: is missing",
                "add \"defaultAction\": \"SCMP_ACT_ERRNO\", or extend 'default'"
            ),
            (
                "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}",
                "p.json:1:19: defaultAction: every call that is not listed would be allowed",
                "use SCMP_ACT_ERRNO and list what is allowed, or extend 'default'"
            ),
            (
                "{\"defaultAction\": \"SCMP_ACT_LOG\"}",
                "p.json:1:19: defaultAction: every call that is not listed would be allowed",
                "use SCMP_ACT_ERRNO and list what is allowed, or extend 'default'"
            ),
            (
                "{\"defaultAction\": \"SCMP_ACT_KIL\"}",
                "p.json:1:19: defaultAction: unknown action 'SCMP_ACT_KIL'",
                "did you mean 'SCMP_ACT_KILL_THREAD'?"
            ),
            (
                "{\"defaultAction\": \"SCMP_ACT_TRACE\"}",
                "p.json:1:19: defaultAction: nobody would be there to answer", "use SCMP_ACT_ERRNO"
            ),
            (
                "{\"defaultAction\": 7}",
                "p.json:1:19: defaultAction: expected text, found a number", nil
            ),
            (
                "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 4096}",
                "p.json:1:56: errnoRet: 4096 is not in 1 to 4095", nil
            ),
            (
                "{\"defaultAction\": \"SCMP_ACT_KILL\", \"defaultErrnoRet\": 1}",
                "p.json:1:36: defaultAction: an error number only goes with SCMP_ACT_ERRNO", nil
            ),
            (
                "{\"extends\": \"x\", \"defaultErrnoRet\": 1}",
                "p.json:1:18: defaultErrnoRet: without a defaultAction", nil
            ),
            ("{\"extends\": []}", "p.json:1:13: extends: names no profile", "leave it out"),
            (
                "{\"extends\": \"../etc/shadow\"}",
                "p.json:1:13: extends: '../etc/shadow' is not a profile's name",
                "extends takes names of installed profiles, not paths"
            ),
            (
                "{\"extends\": [\"a\", \"a\"]}", "p.json:1:19: extends: 'a' is named twice",
                "keep one"
            ),
            (
                "{\"extends\": \"a\", \"architectures\": [\"SCMP_ARCH_X86\"]}",
                "p.json:1:36: architectures: 'SCMP_ARCH_X86' is not supported",
                "keep SCMP_ARCH_X86_64 only: other ABIs (i386, x32) stay shut"
            ),
            (
                "{\"extends\": \"a\", \"architectures\": []}",
                "p.json:1:35: architectures: is empty",
                "write [\"SCMP_ARCH_X86_64\"]"
            ),
            (
                "{\"extends\": \"a\", \"flags\": [\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"]}",
                "p.json:1:18: the profile: unknown member 'flags'",
                "bulkhead installs filters without flags or listener; leave it out"
            ),
            (
                "{\"extends\": \"a\", \"comment\": \"\\u0000\"}",
                "p.json:1:36: \\u0000 is not allowed without JSON_ALLOW_NUL near '\"\\\\u0000\"'",
                nil
            ),
        ] as [(String, String, String?)])
    func aProfileIsRefused(text: String, message: String, hint: String?) {
        #expect(refusal(text) == [message, hint])
    }

    /// Groups stand on line 5 of the fixture.
    @Test(
        arguments: [
            ("7", "p.json:5:1: syscalls[1]: expected an object, found a number", nil),
            ("{}", "p.json:5:1: syscalls[1].action: is missing", nil),
            (
                "{\"action\": \"SCMP_ACT_ALLOW\"}", "p.json:5:1: syscalls[1].names: is missing", nil
            ),
            (
                "{\"names\": [], \"action\": \"SCMP_ACT_ALLOW\"}",
                "p.json:5:11: syscalls[1].names: is empty", nil
            ),
            (
                "{\"name\": \"read\", \"action\": \"SCMP_ACT_ALLOW\"}",
                "p.json:5:2: syscalls[1]: unknown member 'name'", "write \"names\": [\"…\"]"
            ),
            (
                "{\"names\": [\"read\"], \"includes\": {}}",
                "p.json:5:21: syscalls[1]: unknown member 'includes'",
                "this is Docker's form, which depends on the container; give the OCI form, as in "
                    + "linux.seccomp of a config.json"
            ),
            (
                "{\"names\": [\"read\", \"opennat\"], \"action\": \"SCMP_ACT_ALLOW\"}",
                "p.json:5:20: 'opennat' is not a system call", "did you mean 'openat'?"
            ),
            (
                "{\"names\": [\"read\", 7], \"action\": \"SCMP_ACT_ALLOW\"}",
                "p.json:5:20: syscalls[1].names: expected text, found a number", nil
            ),
            (
                "{\"names\": [\"re\\u001bad\"], \"action\": \"SCMP_ACT_ALLOW\"}",
                "p.json:5:12: 're\\u{1b}ad' is not a system call", "did you mean 'read'?"
            ),
            (
                "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"errnoRet\": 1}",
                "p.json:5:49: syscalls[1].action: an error number only goes with SCMP_ACT_ERRNO",
                nil
            ),
            (
                "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 0}",
                "p.json:5:61: errnoRet: 0 is not in 1 to 4095", nil
            ),
            (
                "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 1.5}",
                "p.json:5:61: errnoRet: expected a whole number, found a fraction", nil
            ),
            (
                "{\"names\": [\"write\"], \"action\": \"SCMP_ACT_ERRNO\"}",
                "p.json:5:12: 'write': has two answers, allow and EPERM", "keep one of them"
            ),
        ] as [(String, String, String?)])
    func aGroupIsRefused(group: String, message: String, hint: String?) {
        #expect(refusal(profileText(group)) == [message, hint])
    }

    @Test(
        arguments: [
            ("{}", "args[0]: needs index, value and op", nil),
            (
                "{\"index\": 6, \"value\": 0, \"op\": \"SCMP_CMP_EQ\"}",
                "args[0].index: 6 is not in 0 to 5", nil
            ),
            (
                "{\"index\": 0, \"value\": -1, \"op\": \"SCMP_CMP_EQ\"}",
                "args[0].value: -1 is negative", nil
            ),
            (
                "{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_QE\"}",
                "args[0].op: unknown comparison 'SCMP_CMP_QE'", "did you mean 'SCMP_CMP_EQ'?"
            ),
            (
                "{\"index\": 0, \"value\": 1, \"valueTwo\": 1, \"op\": \"SCMP_CMP_EQ\"}",
                "args[0].valueTwo: only goes with SCMP_CMP_MASKED_EQ", nil
            ),
            (
                "{\"index\": 0, \"value\": 0, \"op\": \"SCMP_CMP_LT\"}",
                "args[0]: can never hold: argument 0 < 0", "leave the group out"
            ),
            (
                "{\"index\": 0, \"value\": 4, \"valueTwo\": 3, \"op\": \"SCMP_CMP_MASKED_EQ\"}",
                "args[0]: can never hold: argument 0 & 4 = 3", "leave the group out"
            ),
            (
                "{\"index\": 0, \"value\": 4, \"op\": \"SCMP_CMP_GE\"}, "
                    + "{\"index\": 0, \"value\": 9, \"op\": \"SCMP_CMP_LE\"}",
                "args[1]: a second condition on argument 0",
                "runtimes disagree whether both or either must hold; use two groups (either), or a mask"
            ),
        ] as [(String, String, String?)])
    func aConditionIsRefused(condition: String, message: String, hint: String?) {
        let lines = refusal(
            profileText(
                "{\"names\": [\"lseek\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [\(condition)]}"
            ))
        #expect(lines.first??.contains(": syscalls[1].\(message)") == true, "\(lines)")
        #expect(lines.last == hint)
    }

    @Test func sameConditionsWithTwoAnswersContradict() {
        let condition = "\"args\": [{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]"
        let lines = refusal(
            profileText(
                "{\"names\": [\"lseek\"], \"action\": \"SCMP_ACT_ALLOW\", \(condition)},\n"
                    + "{\"names\": [\"lseek\"], \"action\": \"SCMP_ACT_ERRNO\", \(condition)}"))
        #expect(
            lines == [
                "p.json:6:12: 'lseek': has two answers under the same conditions, allow and EPERM",
                "keep one of them",
            ])
        let twice = "{\"names\": [\"lseek\"], \"action\": \"SCMP_ACT_ALLOW\"}"
        #expect(refusal(profileText("\(twice),\n\(twice)")) == [])
    }

    /// CVE-2019-10063: a filter that compared 64 bits of what the kernel reads 32 of.
    @Test(arguments: [
        ("ERRNO", "EQ", true), ("ALLOW", "NE", true), ("ALLOW", "GT", true), ("ERRNO", "LE", true),
        ("ALLOW", "EQ", false), ("ERRNO", "GE", false), ("ALLOW", "LT", false),
    ])
    func aConditionThatTheUpperHalfWouldFoolIsRefused(
        action: String, comparison: String, isFooled: Bool
    ) {
        let lines = refusal(
            profileText(
                "{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_\(action)\", \"args\": "
                    + "[{\"index\": 1, \"value\": 21522, \"op\": \"SCMP_CMP_\(comparison)\"}]}"))
        let refused: [String?] = [
            "p.json:5:12: 'ioctl': the kernel ignores the upper half of argument 1, so this "
                + "condition is passed by a number with a bit set there",
            "compare 32 bits: op SCMP_CMP_MASKED_EQ, value 4294967295, valueTwo the number",
        ]
        #expect(lines == (isFooled ? refused : []))
    }

    @Test func sizeAndDepthAreBounded() throws {
        let large = String(repeating: " ", count: 1 << 20) + "{}"
        #expect(refusal(large) == ["profile p.json: is larger than 1024 KiB", nil])
        let deep = String(repeating: "[", count: 100_000)
        #expect(refusal(deep).first??.contains("maximum parsing depth reached") == true)
        let hidden =
            "{\"extends\": " + String(repeating: "[", count: 2_000)
            + String(repeating: "]", count: 2_000) + "}"
        #expect(refusal(hidden).first == "p.json:1:14: extends: expected text, found a list")
    }

    @Test func placesAreFoundThroughEverythingThatJSONHas() throws {
        let text = """
            {"comment": "é \\" } ] , {", "extends": "a",
             "syscalls": [ {"names":["read" , "write"],"action":"SCMP_ACT_ALLOW","args":[]} ,
               {"comment":"\\\\","names":["close"],"action":"SCMP_ACT_ERRNO","errnoRet":9,
                "args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":1,"value":1e3,"op":"x"}]}]}
            """
        #expect(
            refusal(text).first
                == "p.json:4:73: syscalls[1].args[1].value: expected a whole number, found a fraction"
        )
    }

    @Test func aTerminalIsNotDrivenByAFilesName() {
        let error = ProfileError.notRegular(path: "/tmp/\u{1b}[2J\n")
        #expect(error.message == "profile '/tmp/\\u{1b}[2J\\u{a}': is not a regular file")
    }
}
