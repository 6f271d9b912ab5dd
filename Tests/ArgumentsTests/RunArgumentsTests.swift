import Arguments
import Plan
import Testing

@Suite struct RunArgumentsTests {
    @Test func aCommandAloneGetsTheStandardLimits() throws {
        let request = try run([]).request
        #expect(request == RunRequest(command: ["true"]))
        #expect(
            request.limits
                == Limits(
                    memoryMax: .mebibytes(512), swapMax: Bytes(0),
                    cpuMax: CPUBandwidth(millicores: 1_000), pidsMax: 256))
    }

    @Test(arguments: [
        ["run", "make", "test"], ["run", "--", "make", "test"], ["run", "--tty", "make", "test"],
    ])
    func theFirstWordThatIsNoOptionIsTheCommand(arguments: [String]) throws {
        guard case .run(let run) = try parse(arguments) else {
            Issue.record("not understood as run")
            return
        }
        #expect(run.request.command == ["make", "test"])
    }

    @Test func whatFollowsTheCommandBelongsToIt() throws {
        guard case .run(let run) = try parse(["run", "ls", "--json", "--", "-x", ""]) else {
            Issue.record("not understood as run")
            return
        }
        #expect(run.request.command == ["ls", "--json", "--", "-x", ""])
        #expect(!run.json)
    }

    @Test func everyOptionReachesTheRequest() throws {
        let arguments = try run([
            "--memory", "1G", "--memory-high=900M", "--swap", "64M", "--cpu", "150%",
            "--cpu-weight", "50", "--pids", "64", "--io", "/var:wbps=1M", "--time-limit", "10s",
            "--grace", "0", "--allow-unlimited", "--cgroup-parent", "/sys/fs/cgroup/x",
            "--workdir", "sub", "--ro", "/srv:/s", "--rw", "out", "--tmpfs", "/t:1M",
            "--root", "/images/a", "--network", "host", "--env", "A=1", "--name", "b-1",
            "--hostname", "H.x", "--user", "5:6", "--cap", "net_raw", "--seccomp", "strict",
            "--tty", "--interactive", "--json",
        ])
        var expected = RunRequest(command: ["true"])
        expected.limits = Limits(
            memoryMax: .gibibytes(1), memoryHigh: .mebibytes(900), swapMax: .mebibytes(64),
            cpuMax: CPUBandwidth(millicores: 1_500), cpuWeight: 50, pidsMax: 64,
            io: [IOLimit(path: "/var", writeBytesPerSecond: .mebibytes(1))])
        expected.timeLimit = Milliseconds(10_000)
        expected.grace = Milliseconds(0)
        expected.allowUnlimited = true
        expected.cgroupParent = "/sys/fs/cgroup/x"
        expected.workingDirectory = "/srv/u/shop/sub"
        expected.grants = [
            .readOnly(path: "/srv", at: "/s"),
            .writable(path: "/srv/u/shop/out", at: "/srv/u/shop/out"),
            .tmpfs(at: "/t", size: .mebibytes(1)),
        ]
        expected.root = "/images/a"
        expected.network = .host
        expected.environment = [EnvironmentVariable(name: "A", value: "1")]
        expected.name = try SandboxName("b-1")
        expected.hostname = "H.x"
        expected.identity = Identity(user: 5, group: 6)
        expected.capabilities = ["CAP_NET_RAW"]
        expected.seccompProfile = "strict"
        expected.terminal = true
        expected.interactive = true
        #expect(arguments.request == expected)
        #expect(arguments.json && !arguments.plan)
        #expect(try run(["--plan"]).plan)
    }

    @Test func theKernelsWordForNoLimitLiftsOne() throws {
        let limits = try run([
            "--memory", "max", "--swap", "max", "--cpu", "max", "--pids", "max",
            "--memory-high", "max",
        ]).request.limits
        #expect(limits == Limits())
    }

    @Test func variablesKeepTheOrderInWhichTheyWereGiven() throws {
        let arguments = try run(
            ["--env", "A=1", "--env-file", "b.env", "--env", "A=3"],
            files: ["b.env": "A=2\nB=x\n"])
        #expect(
            arguments.request.environment.map(\.assignment) == ["A=1", "A=2", "B=x", "A=3"])
    }

    @Test func aCapabilityGivenTwiceIsKeptOnce() throws {
        #expect(
            try run(["--cap", "kill", "--cap", "CAP_KILL"]).request.capabilities == ["CAP_KILL"])
    }

    @Test(
        arguments: [
            (
                ["--memory", "10GG"], "--memory '10GG': unit 'GG' is unknown",
                "write a size such as 512M, 1.5G or 1048576"
            ),
            (
                ["--memory", "-1"], "--memory '-1': is negative",
                "write a size such as 512M, 1.5G or 1048576"
            ),
            (
                ["--memory", "512"],
                "--memory '512': is too little for any program, at least 1M", "did you mean 512M?"
            ),
            (["--memory", "0"], "--memory '0': is too little for any program, at least 1M", nil),
            (
                ["--cpu-weight", "0"], "--cpu-weight '0': is less than 1",
                "write a whole number from 1 to 10000"
            ),
            (
                ["--cpu-weight", "max"], "--cpu-weight 'max': does not begin with a digit",
                "write a whole number from 1 to 10000"
            ),
            (
                ["--pids", "1"], "--pids '1': is less than 2",
                "write a whole number from 2 to 4194304"
            ),
            (
                ["--pids", "4194305"], "--pids '4194305': is more than 4194304",
                "write a whole number from 2 to 4194304"
            ),
            (
                ["--time-limit", "0s"], "--time-limit '0s': is no time at all",
                "leave --time-limit out to run without a limit"
            ),
            (
                ["--network", "bridge"], "--network 'bridge': is no network mode",
                "choose none or host"
            ),
            (
                ["--name", "../x"], "sandbox name '../x': is not a DNS label",
                "use 1 to 63 of a-z, 0-9 and '-', for example build-17"
            ),
            (
                ["--workdir", ""], "--workdir '': is empty", "write an absolute path"
            ),
            (
                ["--env-file", "none"], "--env-file 'none': cannot be read", nil
            ),
            (
                ["--ro", "/a:/x", "--tmpfs", "/x/"], "--tmpfs '/x/': is the second thing at '/x'",
                "give it another place with ':AT'"
            ),
        ] as [([String], String, String?)])
    func aBadValueIsNamedWithItsOptionAndAWayOut(
        options: [String], message: String, hint: String?
    ) {
        let error = #expect(throws: ArgumentsError.self) { try run(options) }
        #expect(error?.message == message)
        #expect(error?.hint == hint)
    }

    @Test(arguments: [
        (
            ["--memory", "1G", "--memory-high", "2G"], "--memory-high 2G is above --memory 1G",
            "memory.high slows a sandbox down before memory.max ends it: keep it below"
        ),
        (
            ["--memory-high", "1G"], "--memory-high 1G is above --memory 512M, its default",
            "memory.high slows a sandbox down before memory.max ends it: keep it below"
        ),
        (
            ["--memory", "max", "--swap", "1G"],
            "--swap 1G limits nothing together with --memory max",
            "write --swap max too, or give a memory limit"
        ),
        (
            ["--json", "--plan"], "--plan runs nothing that --json could make a record of",
            "leave one of the two out"
        ),
        (
            ["--io", "/var:rbps=1M", "--io", "/var/:wbps=1M"], "--io names '/var' twice",
            "give all its limits at once"
        ),
    ])
    func optionsThatContradictEachOtherAreRefused(
        options: [String], message: String, remedy: String
    ) {
        let error = #expect(throws: ArgumentsError.self) { try run(options) }
        #expect(error == .contradiction(message, remedy: remedy))
    }

    @Test func aHighMarkEqualToTheLimitIsNoContradiction() {
        #expect(throws: Never.self) { try run(["--memory-high", "512M"]) }
        #expect(throws: Never.self) { try run(["--memory", "max", "--memory-high", "9G"]) }
    }

    @Test func aCommandMustBeGivenAndNotBeEmpty() {
        let example = "bulkhead run -- make test"
        for arguments in [["run"], ["run", "--"], ["run", "--tty"], ["run", "--tty", "--"]] {
            let error = #expect(throws: ArgumentsError.self) { try parse(arguments) }
            #expect(error == .missingOperand("COMMAND", command: "run", example: example))
        }
        let error = #expect(throws: ArgumentsError.self) { try parse(["run", ""]) }
        #expect(
            error
                == .invalid(
                    InvalidValue("COMMAND", "", "is empty", hint: "for example: \(example)")))
        #expect(throws: ArgumentsError.self) {
            try parse(["run", String(repeating: "x", count: 4_096)])
        }
    }
}

@Suite struct DefaultsTests {
    /// The help names defaults in words; these are the values that they stand for.
    @Test func theHelpNamesTheDefaultsThatAreInForce() throws {
        func summary(_ name: String) -> String {
            CommandName.run.options.first { $0.name == name }?.summary ?? ""
        }
        let request = try run([]).request
        #expect(summary("memory").contains("[\(request.limits.memoryMax!)]"))
        #expect(summary("swap").contains("[\(request.limits.swapMax!)]"))
        #expect(summary("cpu").contains("[\(request.limits.cpuMax!)]"))
        #expect(summary("pids").contains("[\(request.limits.pidsMax!)]"))
        #expect(summary("grace").contains("[\(request.grace)]"))
        #expect(summary("network").contains("[\(request.network.rawValue)]"))
        #expect(summary("seccomp").contains("[\(request.seccompProfile)]"))
        #expect(
            summary("user").contains("[\(request.identity.user):\(request.identity.group)]"))
    }
}
