import Arguments
import Plan
import Testing

@Suite struct InvocationTests {
    @Test(
        arguments: [
            ([], .usage), (["--help"], .help(nil)), (["-h"], .help(nil)), (["help"], .help(nil)),
            (["help", "run"], .help(.run)), (["run", "--help"], .help(.run)),
            (["run", "--tty", "-h", "--nonsense"], .help(.run)),
            (["doctor", "--help"], .help(.doctor)),
            (["profile", "--help"], .help(.profile)), (["--version"], .version),
            (["version"], .version), (["doctor"], .doctor(json: false)),
            (["doctor", "--json"], .doctor(json: true)), (["profile", "list"], .profile(.list)),
            (["completion", "zsh"], .completion(.zsh)),
        ] as [([String], Invocation)])
    func aCommandLineAsksForOneThing(arguments: [String], invocation: Invocation) throws {
        #expect(try parse(arguments) == invocation)
    }

    @Test func profilesAreNamedOrGivenAsFiles() throws {
        let reference = {
            try ProfileReference(parsing: $0, base: "/srv/u/shop", for: "profile")
        }
        #expect(
            try parse(["profile", "show", "default"])
                == .profile(.show(reference("default"), json: false)))
        #expect(
            try parse(["profile", "show", "default", "--json"])
                == .profile(.show(reference("default"), json: true)))
        #expect(
            try parse(["profile", "diff", "tests", "--json"])
                == .profile(.diff(reference("tests"), nil, json: true)))
        #expect(
            try parse(["profile", "diff", "tests", "strict"])
                == .profile(.diff(reference("tests"), reference("strict"), json: false)))
        #expect(
            try parse(["profile", "check", "strict", "./mine.json"])
                == .profile(.check([reference("strict"), reference("./mine.json")])))
    }

    @Test func helpAfterTheCommandBelongsToTheCommand() throws {
        guard case .run(let run) = try parse(["run", "make", "--help"]) else {
            Issue.record("not understood as run")
            return
        }
        #expect(run.request.command == ["make", "--help"])
    }

    @Test(
        arguments: [
            (["runn"], .unknownCommand("runn", nearest: "run")),
            (["docter"], .unknownCommand("docter", nearest: "doctor")),
            (["make"], .unknownCommand("make", nearest: nil)),
            ([""], .unknownCommand("", nearest: nil)),
            (["--memory", "1G"], .unknownCommand("--memory", nearest: nil)),
            (
                ["run", "--memroy", "1G", "x"],
                .unknownOption("--memroy", command: "run", nearest: "--memory")
            ),
            (
                ["run", "--mem=1G", "x"],
                .unknownOption("--mem", command: "run", nearest: "--memory")
            ),
            (["run", "-m", "1G", "x"], .unknownOption("-m", command: "run", nearest: "--memory")),
            (["run", "-tty", "x"], .unknownOption("-tty", command: "run", nearest: "--tty")),
            (["run", "--=x", "x"], .unknownOption("--", command: "run", nearest: nil)),
            (["run", "--zzzz", "x"], .unknownOption("--zzzz", command: "run", nearest: nil)),
            (["run", "--memory"], .missingValue(option: "--memory", placeholder: "SIZE")),
            (
                ["run", "--memory", "--tty", "x"],
                .missingValue(option: "--memory", placeholder: "SIZE")
            ),
            (
                ["run", "--memory", "--", "x"],
                .missingValue(option: "--memory", placeholder: "SIZE")
            ),
            (["run", "--tty=yes", "x"], .unexpectedValue(option: "--tty", value: "yes")),
            (["run", "--tty=", "x"], .unexpectedValue(option: "--tty", value: "")),
            (
                ["run", "--memory", "1G", "--memory=1G", "x"],
                .repeatedOption("--memory", timesMax: 1)
            ),
            (["run", "--tty", "--tty", "x"], .repeatedOption("--tty", timesMax: 1)),
            (["doctor", "now"], .unexpectedOperand("now", command: "doctor")),
            (["doctor", "--jsn"], .unknownOption("--jsn", command: "doctor", nearest: "--json")),
            (["version", "2"], .unexpectedOperand("2", command: "version")),
            (["help", "run", "now"], .unexpectedOperand("now", command: "help")),
            (
                ["profile"],
                .missingOperand("ACTION", command: "profile", example: "bulkhead profile list")
            ),
            (
                ["profile", "show"],
                .missingOperand(
                    "NAME", command: "profile show", example: "bulkhead profile show default")
            ),
            (
                ["profile", "learn"],
                .missingOperand(
                    "NAME", command: "profile learn",
                    example: "bulkhead profile learn shop -- ./run-tests")
            ),
            (
                ["profile", "enforce", "./mine.json"],
                .invalid(
                    InvalidValue(
                        "profile", "./mine.json",
                        "is a path, and profiles are changed by their names",
                        hint: "change the file itself, or learn one: "
                            + "bulkhead profile learn NAME -- COMMAND"))
            ),
            (["profile", "show", "a", "b"], .unexpectedOperand("b", command: "profile show")),
            (["profile", "list", "a"], .unexpectedOperand("a", command: "profile list")),
            (
                ["profile", "shew", "a"],
                .invalid(
                    InvalidValue(
                        "profile: ACTION", "shew", "is unknown", hint: "did you mean 'show'?"))
            ),
            (
                ["completion", "tcsh"],
                .invalid(
                    InvalidValue(
                        "completion: SHELL", "tcsh", "is unknown",
                        hint: "choose one of: bash, zsh, fish"))
            ),
        ] as [([String], ArgumentsError)])
    func whatMakesNoSenseIsRefusedExactly(arguments: [String], expected: ArgumentsError) {
        let error = #expect(throws: ArgumentsError.self) { try parse(arguments) }
        #expect(error == expected)
    }

    @Test func noOptionMayBeGivenWithoutEnd() {
        let many = (0...256).flatMap { ["--env", "V\($0)=1"] }
        let error = #expect(throws: ArgumentsError.self) { try run(many) }
        #expect(error == .repeatedOption("--env", timesMax: 256))
        #expect(throws: Never.self) { try run(Array(many.dropLast(2))) }
    }

    @Test func aValueMayBeginWithHyphensAfterAnEqualsSign() throws {
        #expect(try run(["--workdir=--x"]).request.workingDirectory == "/srv/u/shop/--x")
    }

    @Test(arguments: [
        (ArgumentsError.unknownCommand("runn", nearest: "run"), "did you mean 'run'?"),
        (.unknownCommand("make", nearest: nil), "to run a program, write: bulkhead run -- PROGRAM"),
        (
            .unknownCommand("--tty", nearest: nil),
            "options come after the command; see: bulkhead help"
        ),
        (.unknownOption("--memroy", command: "run", nearest: "--memory"), "did you mean --memory?"),
        (.repeatedOption("--tty", timesMax: 1), "keep one of the two"),
    ])
    func everyErrorHasAWayOut(error: ArgumentsError, hint: String) {
        #expect(error.hint == hint)
        #expect(!error.message.contains("\n") && !error.message.hasSuffix("."))
    }

    @Test func whatIsHostileInACommandLineIsQuoted() {
        let error = #expect(throws: ArgumentsError.self) {
            try parse(["run", "--\u{1B}[2J\n", "x"])
        }
        #expect(error?.message == "run: unknown option '--\\u{1b}[2J\\u{a}'")
    }

    @Test func onlyACommandThatRunsAProgramKeepsItsStatusesForIt() {
        for command in CommandName.allCases {
            let runs = [.run, .exec, .attach, .rescue].contains(command)
            #expect(command.usageStatus == (runs ? 125 : 2))
            #expect(command.failureStatus == (runs ? 125 : 1))
        }
    }
}
