import Arguments
import Audit
import Plan
import Testing

@Suite struct AuditRequestTests {
    /// What bulkhead-audit is started with.
    private func words(_ line: [String]) throws -> [String] {
        guard case .audit(let request) = try parse(["audit"] + line) else { return ["not audit"] }
        return request.arguments { time in
            if case .ago(let span) = time { Int64(span.count) } else { 7 }
        }
    }

    @Test func optionsComeInTheFormThatTheProgramReads() throws {
        #expect(try words([]) == ["list"])
        #expect(
            try words(["--project=shop", "-n", "5", "-f", "--since", "2s", "--event=run.*"])
                == [
                    "list", "--project", "shop", "--lines", "5", "--follow", "--since", "2000",
                    "--event", "run.*",
                ])
        #expect(
            try words(["report", "--since", "2026-11-22", "--until", "1s"])
                == ["report", "--since", "7", "--until", "1000"])
        #expect(
            try words(["verify", "--journal", "a", "--journal", "b", "--json"])
                == ["verify", "--journal", "a", "--journal", "b", "--json"])
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
        (["rebort"], "did you mean 'report'?"),
        (["--since", "noon"], "write a time such as 10s, 500ms, 2m or 1h30m"),
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
