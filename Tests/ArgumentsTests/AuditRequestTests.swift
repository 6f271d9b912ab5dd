import Arguments
import Audit
import Plan
import Testing

@Suite struct AuditRequestTests {
    /// What bulkhead-audit is started with.
    private func words(_ line: [String]) throws -> [String] {
        guard case .audit(let request) = try parse(["audit"] + line) else { return ["not audit"] }
        return try request.arguments { time in
            if case .ago(let span) = time { 1_000_000_000 - Int64(span.count) } else { 7 }
        }
    }

    @Test func optionsComeInTheFormThatTheProgramReads() throws {
        #expect(try words([]) == ["list"])
        #expect(
            try words(["--project=shop", "-n", "5", "-f", "--since", "2s", "--event=run.*"])
                == [
                    "list", "--project", "shop", "--lines", "5", "--follow", "--since", "999998000",
                    "--event", "run.*",
                ])
        #expect(
            try words(["report", "--since", "2026-11-22", "--until", "1s"])
                == ["report", "--since", "7", "--until", "999999000"])
        #expect(
            try words([
                "-p", "err", "--result", "refused", "--via=api", "--cause", "signal", "--cause",
                "ended",
            ]) == [
                "list", "--priority", "3", "--result", "refused", "--via", "api", "--cause",
                "signal", "--cause", "ended",
            ])
        #expect(try words(["--priority=0"]) == ["list", "--priority", "0"])
        #expect(try words(["-p", "7"]) == words(["-p", "debug"]))
        #expect(
            try words(["verify", "--journal", "a", "--journal", "b", "--json"])
                == ["verify", "--journal", "a", "--journal", "b", "--json"])
        #expect(
            try words(["verify", "--public-key", "a", "--public-key", "b"])
                == ["verify", "--public-key", "a", "--public-key", "b"])
        #expect(try words(["verify", "--no-signatures"]) == ["verify", "--no-signatures"])
        #expect(
            try words(["recordings", "--project", "shop", "--json"])
                == ["recordings", "--project", "shop", "--json"])
        #expect(
            try words(["play", "--speed", "2.5", "--text", "a.cast"])
                == ["play", "--speed", "2.5", "--text", "--file", "a.cast"])
        #expect(try words(["key", "--state", "/s"]) == ["key", "--state", "/s"])
    }

    @Test func everyKindAndEverySortOfThemMayBeAskedFor() throws {
        for kind in AuditKind.allCases {
            let sort = kind.rawValue.prefix { $0 != "." } + ".*"
            #expect(
                try words(["--event", kind.rawValue, "--event", String(sort)])
                    == ["list", "--event", kind.rawValue, "--event", String(sort)])
        }
    }

    @Test(arguments: [
        (["--event", "run.end"], "did you mean 'run.ended'?"),
        (["--event", "*"], "the kinds are in bulkhead-audit(1); all of a sort: control.*"),
        (["report"], "add --since, such as --since 7d"),
        (["report", "--since", "7d", "-f"], "see: bulkhead audit --help"),
        (["verify", "--project", "shop"], "see: bulkhead audit --help"),
        (["play"], "for example: bulkhead audit play shop-7-1.cast"),
        (["play", "--json", "x"], "see: bulkhead audit --help"),
        (["--workload", "web"], "add --project PROJECT"),
        (["-f", "--until", "1d"], "leave --until and --journal out"),
        (["verify", "--chain", "c0"], "write the 32 digits of BULKHEAD_CHAIN"),
        (["verify", "--no-signatures", "--public-key", "a"], "leave --public-key or it out"),
        (["report", "--since", "1d", "--no-signatures"], "see: bulkhead audit --help"),
        (["rebort"], "did you mean 'report'?"),
        (
            ["--since", "noon"],
            "write 10m or '2 hours ago', 09:30, today, yesterday, now, 2026-11-21, "
                + "2026-11-21T09:30 or @SECONDS"
        ),
        (
            ["--since", "1d", "--until", "5d"],
            "give the earlier one to --since: --since 5d --until 1d"
        ),
        (["--result", "denied"], "choose one of: accepted refused failed"),
        (["--via", "ssh"], "choose one of: cli api configuration scheduler supervisor outside"),
        (["--cause", "memory-mux"], "did you mean 'memory-max'?"),
        (
            ["-p", "8"],
            "choose one of: emerg alert crit err warning notice info debug 0 1 2 3 4 5 6 7"
        ),
        (["report", "--since", "1d", "-p", "err"], "see: bulkhead audit --help"),
    ])
    func whatMakesNoSenseIsRefusedWithAWayOut(line: [String], hint: String) {
        let error = #expect(throws: ArgumentsError.self) { try words(line) }
        #expect(error?.hint == hint)
    }

    @Test(arguments: [
        ["--project", "a b"], ["--run", "0"], ["--lines", "100001"], ["--actor", ""],
        ["--project", "shop", "--workload", "../x"], ["report", "verify"],
    ])
    func whatIsNoValueIsRefused(line: [String]) {
        #expect(throws: ArgumentsError.self) { try words(line) }
    }
}
