import Arguments
import Plan
import Testing

@Suite struct ExecuteRequestTests {
    private func execute(_ words: [String], files: [String: String] = [:]) throws -> ExecuteRequest
    {
        let invocation = try parse(words, files: files)
        guard case .supervisor(let asked) = invocation, case .execute(let request) = asked.request
        else { throw NotRun(invocation: invocation) }
        return request
    }

    @Test(arguments: [
        ["exec", "shop", "ls", "-l"], ["exec", "shop", "--", "ls", "-l"],
        ["exec", "--", "shop", "ls", "-l"],
    ])
    func whatFollowsTheProjectIsTheCommand(words: [String]) throws {
        let request = try execute(words)
        #expect(request.project.text == "shop" && request.command == ["ls", "-l"])
        #expect(request.task == nil && !request.isTask)
    }

    @Test(arguments: [["exec", "-ti", "shop", "sh"], ["exec", "shop", "-i", "--tty", "--", "sh"]])
    func optionsStandBeforeOrAfterTheProject(words: [String]) throws {
        let request = try execute(words)
        #expect(request.terminal && request.interactive && request.command == ["sh"])
    }

    @Test func everyOptionReachesTheRequest() throws {
        let request = try execute(
            [
                "exec", "shop", "--user", "5:6", "--env", "A=1", "--env-file", "b.env", "--workdir",
                "/srv", "--name", "w", "--time-limit", "10s", "--detach", "--", "x",
            ], files: ["b.env": "A=2\n"])
        #expect(request.identity == Identity(user: 5, group: 6))
        #expect(request.environment.map(\.assignment) == ["A=1", "A=2"])
        #expect(request.workingDirectory == "/srv" && request.workload?.text == "w")
        #expect(request.timeLimit == Milliseconds(10_000) && request.detached)
    }

    @Test func aWordAfterTheProjectOfRunIsATask() throws {
        let task = try execute(["run", "-p", "shop", "test", "--fast", "--", "x"])
        #expect(task.task?.text == "test" && task.command == ["--fast", "--", "x"])
        #expect(task.isTask)
        let separated = try execute(["run", "--project=shop", "test", "--", "--fast"])
        #expect(separated.task?.text == "test" && separated.command == ["--fast"])
        let command = try execute(["run", "-p", "shop", "--", "make", "test"])
        #expect(command.task == nil && command.command == ["make", "test"] && command.isTask)
    }

    @Test func theLimitsOfATaskAreItsOwnAndHaveNoDefault() throws {
        let bare = try execute(["run", "-p", "shop", "test"])
        #expect(bare.memoryMax == nil && bare.pidsMax == nil && bare.cpuMax == nil)
        let limited = try execute([
            "run", "-p", "shop", "--memory", "1G", "--cpu", "2", "--pids", "64", "test",
        ])
        #expect(limited.memoryMax == .gibibytes(1) && limited.pidsMax == 64)
        #expect(limited.cpuMax == CPUBandwidth(millicores: 2_000))
        #expect(try execute(["run", "-p", "shop", "--memory", "max", "test"]).memoryMax == nil)
    }

    @Test(arguments: [
        "--memory-high=1G", "--swap=1G", "--cpu-weight=5", "--io=/var:wbps=1M", "--grace=1s",
        "--allow-unlimited", "--cgroup-parent=/x", "--ro=/x", "--rw=/x", "--tmpfs=/x", "--root=/x",
        "--network=host", "--hostname=x", "--cap=kill", "--seccomp=strict", "--plan",
    ])
    func whatShapesASandboxIsRefusedByName(option: String) {
        let error = #expect(throws: ArgumentsError.self) {
            try execute(["run", "-p", "shop", option, "test"])
        }
        let name = option.prefix { $0 != "=" }
        #expect(
            error?.message == "\(name) shapes a sandbox of its own, and --project has one already")
        #expect(error?.hint != nil)
    }

    @Test(arguments: ["--detach", "--socket=/x"])
    func whatOnlyAProjectHasIsRefusedWithoutOne(option: String) {
        let error = #expect(throws: ArgumentsError.self) { try parse(["run", option, "x"]) }
        let name = option.prefix { $0 != "=" }
        #expect(error?.message == "\(name) means nothing without --project")
    }

    @Test(
        arguments: [
            (
                ["exec", "shop"],
                .missingOperand(
                    "COMMAND", command: "exec", example: "bulkhead exec shop -- make test")
            ),
            (
                ["exec", "shop", "--detach", "-t", "x"],
                .contradiction(
                    "--detach leaves nothing for --tty to connect to",
                    remedy: "leave one of the two out")
            ),
            (
                ["run", "-p", "shop"],
                .missingOperand(
                    "TASK or COMMAND", command: "run", example: "bulkhead run -p shop -- make test")
            ),
            (
                ["run", "-p", "shop", "/bin/ls"],
                .invalid(
                    InvalidValue(
                        "TASK", "/bin/ls", "has a character that names have not",
                        hint:
                            "a command of its own comes after --: bulkhead run -p PROJECT -- COMMAND"
                    ))
            ),
            (
                ["exec", "shop", "--memory", "1G", "x"],
                .unknownOption(
                    "--memory", command: "exec", nearest: nil)
            ),
        ] as [([String], ArgumentsError)])
    func whatMakesNoSenseIsRefusedExactly(words: [String], expected: ArgumentsError) {
        let error = #expect(throws: ArgumentsError.self) { try parse(words) }
        #expect(error == expected)
    }
}
