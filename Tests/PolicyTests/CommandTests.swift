import Plan
import Testing

@testable import Policy

struct CommandTests {
    @Test func aMissingOrEmptyCommandIsRefused() throws {
        #expect(
            try refusal { $0.command = [] }
                == InvalidValue(
                    "command", "", "is missing", hint: "name one: bulkhead run -- COMMAND [ARG…]"))
        #expect(
            try refusal { $0.command = ["", "x"] }
                == InvalidValue("command", "", "is empty", hint: "name a program to run"))
    }

    @Test func aNameIsLookedForInThePathAndAPathIsTaken() throws {
        #expect(
            try plan().workload.candidates == [
                "/usr/local/sbin/make", "/usr/local/bin/make", "/usr/sbin/make", "/usr/bin/make",
                "/sbin/make", "/bin/make",
            ])
        #expect(
            try plan { $0.command = ["./configure", "-q"] }.workload.candidates == ["./configure"])
        #expect(try plan { $0.command = ["bin/x"] }.workload.candidates == ["bin/x"])
    }

    @Test func aPathOfTheRequestIsSearchedAndItsEmptyElementsAreNot() throws {
        func candidates(_ path: String) throws -> [String] {
            try plan { $0.environment = [EnvironmentVariable(name: "PATH", value: path)] }
                .workload.candidates
        }
        #expect(try candidates("/opt/bin:/bin") == ["/opt/bin/make", "/bin/make"])
        // execvp(3) would look in the working directory, where an untrusted file may wait.
        #expect(try candidates(":/bin::") == ["/bin/make"])
        #expect(try candidates("") == [])
    }

    @Test func theEnvironmentIsBuiltAndNotInherited() throws {
        #expect(
            try plan().workload.environment.map(\.assignment) == [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME=/home/user", "USER=user", "LANG=C.UTF-8", "TERM=dumb",
            ])
    }

    @Test func rootHasItsOwnHomeAndATerminalIsNamed() throws {
        let plan = try plan {
            $0.identity = Identity(user: 0, group: 0)
            $0.terminal = true
        }
        #expect(plan.value(of: "HOME") == "/root")
        #expect(plan.value(of: "USER") == "root")
        #expect(plan.value(of: "TERM") == "xterm-256color")
        #expect(plan.workload.writable.contains("/root"))
        #expect(!plan.workload.writable.contains("/home/user"))
    }

    @Test func aLaterVariableWinsInThePlaceOfTheFirst() throws {
        let plan = try plan {
            $0.environment = [
                EnvironmentVariable(name: "A", value: "1"),
                EnvironmentVariable(name: "LANG", value: "de_DE.UTF-8"),
                EnvironmentVariable(name: "A", value: "2"),
            ]
        }
        #expect(
            plan.workload.environment.map(\.name) == ["PATH", "HOME", "USER", "LANG", "TERM", "A"])
        #expect(plan.value(of: "A") == "2")
        #expect(plan.value(of: "LANG") == "de_DE.UTF-8")
    }

    @Test func theNameIsGeneratedAndTheHostNameIsTheName() throws {
        #expect(try plan().name.text == "run-1")
        #expect(try plan().sandbox.hostname == "run-1")
        let named = try plan { $0.name = try SandboxName("shop") }
        #expect(named.name.text == "shop")
        #expect(named.sandbox.hostname == "shop")
        #expect(try plan { $0.hostname = "box.example" }.sandbox.hostname == "box.example")
    }

    @Test func everyProcessIsBounded() throws {
        let limits = try plan().workload.resourceLimits
        #expect(
            limits.map(\.resource) == [
                .core, .openFiles, .lockedMemory, .niceness, .realTimePriority,
            ])
        #expect(limits.allSatisfy { $0.soft <= $0.hard })
        #expect(limits[1] == ResourceLimit(.openFiles, soft: 1_024, hard: 16_384))
        #expect(limits[0].hard <= 1, "a core dump is written outside of every limit")
    }
}
