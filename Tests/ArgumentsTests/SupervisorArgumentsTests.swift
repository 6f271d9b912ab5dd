import Arguments
import Plan
import Testing

@Suite struct SupervisorArgumentsTests {
    private static func target(_ project: String, _ workload: String? = nil) throws -> Target {
        let text = workload.map { "\(project)/\($0)" } ?? project
        guard case .attach(let target) = try ask(["attach", text]).request else {
            throw NotRun(invocation: .usage)
        }
        return target
    }

    private static func name(_ text: String) throws -> ProjectName { try ProjectName(text) }

    @Test func aTargetIsAProjectOrAWorkloadOfIt() throws {
        let whole = try Self.target("shop")
        #expect(whole.project.text == "shop" && whole.workload == nil)
        #expect(whole.description == "shop")
        let part = try Self.target("shop", "web")
        #expect(part.project.text == "shop" && part.workload?.text == "web")
        #expect(part.description == "shop/web")
    }

    @Test func aCommandLineIsOneRequest() throws {
        let shop = try Self.name("shop")
        let target = try Self.target("shop")
        let web = try Self.target("shop", "web")
        let standard = Milliseconds(120_000)
        let expected: [(String, SupervisorRequest)] = [
            ("projects", .projects(namesOnly: false)),
            ("projects --names", .projects(namesOnly: true)),
            ("status", .status(nil, namesOnly: false)),
            ("status shop/web", .status(web, namesOnly: false)),
            ("ps", .processes(nil)), ("ps shop", .processes(shop)),
            ("runs -n 5 shop", .runs(shop, limit: 5)), ("runs", .runs(nil, limit: 20)),
            ("watch", .watch(nil)),
            ("start shop", .change(.start, target, timeout: standard)),
            ("stop shop/web --no-wait", .change(.stop, web, timeout: nil)),
            ("restart --timeout 5s shop", .change(.restart, target, timeout: Milliseconds(5_000))),
            ("pause shop", .move(.pause, shop)), ("resume shop", .move(.resume, shop)),
            ("maintain shop", .move(.maintain, shop)), ("archive shop", .move(.archive, shop)),
            ("remove shop", .remove(shop, withStorage: false)),
            ("remove --with-storage shop", .remove(shop, withStorage: true)),
            ("storage", .storage(.show(nil))), ("storage shop", .storage(.show(shop))),
            ("register shop .", .register(shop, path: "/srv/u/shop")),
            ("discover", .discover(paths: ["/srv/u/shop"], depth: 4, registers: false)),
            (
                "discover --yes --depth 1 /srv /home",
                .discover(paths: ["/srv", "/home"], depth: 1, registers: true)
            ),
            ("config check", .configuration(.check(directory: nil))),
            ("config check x", .configuration(.check(directory: "/srv/u/shop/x"))),
            ("config diff", .configuration(.diff)),
            ("config apply", .configuration(.apply(planOnly: false))),
            ("config --plan apply", .configuration(.apply(planOnly: true))),
            ("config history", .configuration(.history(limit: 20))),
            ("config history --limit 3", .configuration(.history(limit: 3))),
            ("config rollback 7", .configuration(.rollback(version: 7, planOnly: false))),
            ("config rollback 7 --plan", .configuration(.rollback(version: 7, planOnly: true))),
            ("attach shop/web", .attach(web)),
            ("kill shop", .kill(target, run: nil, signal: .terminate, whole: false)),
            (
                "kill --signal hup --whole --run 12 shop/web",
                .kill(
                    web, run: RunID(rawValue: 12), signal: SignalNumber(rawValue: 1), whole: true)
            ),
        ]
        for (line, request) in expected {
            let arguments = try ask(line.split(separator: " ").map(String.init))
            #expect(arguments.request == request, "\(line)")
            #expect(!arguments.json && arguments.socket == nil)
        }
    }

    @Test func theAnswerMayBeWantedInJSONAndFromAnotherSocket() throws {
        let arguments = try ask(["ps", "--json", "--socket", "run/x.sock"])
        #expect(arguments.json && arguments.socket == "/srv/u/shop/run/x.sock")
        #expect(arguments.command == .ps)
    }

    @Test func logsBeginWhereTheyAreToldTo() throws {
        func logs(_ words: String...) throws -> LogsRequest {
            guard case .logs(let logs) = try ask(["logs"] + words).request else {
                throw NotRun(invocation: .usage)
            }
            return logs
        }
        let standard = try logs()
        #expect(standard.lines == 100 && standard.since == nil && !standard.follow)
        let other = try logs("-f", "-n", "5", "--run", "9", "shop/web")
        #expect(other.lines == 5 && other.follow && other.run == RunID(rawValue: 9))
        #expect(other.target == (try Self.target("shop", "web")))
        let since = try logs("--since", "10m")
        #expect(since.lines == nil && since.since == .ago(Milliseconds(600_000)))
        #expect(
            try logs("--since=2026-11-21").since
                == .local(year: 2026, month: 11, day: 21, hour: 0, minute: 0, second: 0))
        #expect(
            try logs("--since", "2026-11-21 09:30:15").since
                == .local(year: 2026, month: 11, day: 21, hour: 9, minute: 30, second: 15))
        #expect(try logs("--since", "-1h").since == .ago(Milliseconds(3_600_000)))
        #expect(throws: ArgumentsError.self) { try logs("--since", "noon") }
    }

    @Test(
        arguments: [
            (
                ["start"],
                .missingOperand("PROJECT", command: "start", example: "bulkhead start shop")
            ),
            (["start", "a", "b"], .unexpectedOperand("b", command: "start")),
            (["projects", "a"], .unexpectedOperand("a", command: "projects")),
            (
                ["stop", "--no-wait", "--timeout", "1s", "a"],
                .contradiction(
                    "--timeout limits no wait together with --no-wait",
                    remedy: "leave one of the two out")
            ),
            (
                ["config", "aply"],
                .invalid(
                    InvalidValue(
                        "config: ACTION", "aply", "is unknown", hint: "did you mean 'apply'?"))
            ),
            (["config", "diff", "--plan"], .unexpectedOperand("--plan", command: "config diff")),
            (
                ["config", "apply", "-n", "3"],
                .unexpectedOperand("--limit", command: "config apply")
            ),
            (
                ["config", "rollback"],
                .missingOperand(
                    "VERSION", command: "config rollback", example: "bulkhead config rollback 3")
            ),
            (["logs", "-fx"], .unknownOption("-fx", command: "logs", nearest: nil)),
            (["logs", "-nf", "3"], .unknownOption("-nf", command: "logs", nearest: nil)),
            (["logs", "-f", "--follow"], .repeatedOption("--follow", timesMax: 1)),
            (
                ["kill", "shop", "--signal", "TERN"],
                .invalid(
                    InvalidValue("--signal", "TERN", "is no signal", hint: "did you mean TERM?"))
            ),
        ] as [([String], ArgumentsError)])
    func whatMakesNoSenseIsRefusedExactly(arguments: [String], expected: ArgumentsError) {
        let error = #expect(throws: ArgumentsError.self) { try parse(arguments) }
        #expect(error == expected)
    }

    @Test(arguments: ["", "/web", "shop/", "shop/web/x", "../x", "a b", "-x/y"])
    func aTargetThatIsNoneIsRefused(text: String) {
        #expect(throws: ArgumentsError.self) { try ask(["attach", "--", text]) }
    }

    @Test(arguments: [("9", 9), ("SIGUSR1", 10), ("usr2", 12), ("64", 64)] as [(String, UInt8)])
    func aSignalHasANameOrANumber(text: String, number: UInt8) throws {
        let signal = try SignalNumber(parsing: text, for: "--signal")
        #expect(signal.rawValue == number)
    }

    @Test(arguments: ["0", "65", "", "SIG", "T ERM"]) func whatIsNoSignalIsRefused(text: String) {
        #expect(throws: InvalidValue.self) { try SignalNumber(parsing: text, for: "--signal") }
    }
}

/// What a command line asks the supervisor for.
func ask(_ arguments: [String]) throws -> SupervisorArguments {
    let invocation = try parse(arguments)
    guard case .supervisor(let asked) = invocation else { throw NotRun(invocation: invocation) }
    return asked
}
