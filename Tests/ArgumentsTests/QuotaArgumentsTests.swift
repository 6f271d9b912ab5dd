import Arguments
import Plan
import Testing

@Suite struct QuotaArgumentsTests {
    private func quota(_ words: String) throws -> QuotaAction {
        let words = words.split(separator: " ").map(String.init)
        guard case .supervisor(let arguments) = try parse(["quota"] + words),
            case .quota(let action) = arguments.request
        else { throw NotRun(invocation: .usage) }
        return action
    }

    /// `TARGET LIMIT VALUE`, in order.
    private func changes(_ words: String) throws -> [String] {
        guard case .change(let changes, _) = try quota(words) else { return [] }
        return changes.map { "\($0.target) \($0.limit) \($0.value)" }
    }

    private func terms(_ words: String) throws -> QuotaTerms? {
        switch try quota(words) {
        case .change(_, let terms), .reset(_, _, let terms): terms
        case .show, .history: nil
        }
    }

    private func refusal(_ words: String) throws -> ArgumentsError {
        try #require(#expect(throws: ArgumentsError.self) { try quota(words) })
    }

    @Test(arguments: [
        ("set a --memory 1G", ["a memory 1G"]),
        ("set a --memory 1G b --memory 2G", ["a memory 1G", "b memory 2G"]),
        ("set a b --memory 1G", ["a memory 1G", "b memory 1G"]),
        (
            "set a b --memory 1G --pids 9 c/w --cpu 2",
            ["a memory 1G", "b memory 1G", "a pids 9", "b pids 9", "c/w cpu 2"]
        ),
        ("set --memory 1G a b", ["a memory 1G", "b memory 1G"]),
        ("set a --memory=-512M", ["a memory -512M"]),
        ("set a --memory -512M --swap +1G", ["a memory -512M", "a swap +1G"]),
        ("set a --memory-high default --cpus 0-3", ["a memory_high default", "a cpus 0-3"]),
        ("set a --io /srv:wbps=50M", ["a io:/srv wbps=50M"]),
        ("set a --io data:riops=5", ["a io:/srv/u/shop/data riops=5"]),
        ("set a --hugetlb 2M:512M", ["a hugetlb:2M 512M"]),
        ("move --memory 2G a b", ["a memory -2G", "b memory +2G"]),
        ("move a b --cpu 1 --pids 9", ["a cpu -1", "b cpu +1", "a pids -9", "b pids +9"]),
    ]) func limitsAreThoseOfTheTargetsBeforeThem(words: String, expected: [String]) throws {
        #expect(try changes(words) == expected)
    }

    @Test(arguments: LimitName.words) func everyLimitHasAnOptionOfItsWord(limit: LimitName) throws {
        let option = limit.text.split(separator: "_").joined(separator: "-")
        #expect(CommandName.quota.options.contains { $0.name == option })
        #expect(try changes("set a --\(option) default") == ["a \(limit) default"])
    }

    @Test func termsAreThoseOfTheWholeTransaction() throws {
        let terms = try #require(
            try terms("set a --memory 1G --for 1h --plan --within 20s --reason import"))
        #expect(terms.duration == Milliseconds(3_600_000))
        #expect(terms.planOnly && !terms.persists)
        #expect(terms.budget == Milliseconds(20_000))
        #expect(terms.reason == "import")
        #expect(try self.terms("reset a --persist")?.persists == true)
    }

    @Test func aResetNamesLimitsOrMeansAll() throws {
        guard case .reset(let target, let limits, _) = try quota("reset a/w memory io:/srv") else {
            throw NotRun(invocation: .usage)
        }
        #expect("\(target)" == "a/w" && limits == [.memory, .io(path: "/srv")])
        guard case .reset(_, let none, _) = try quota("reset a") else {
            throw NotRun(invocation: .usage)
        }
        #expect(none.isEmpty)
    }

    @Test(arguments: [
        ("set a --memory lots", "--memory 'lots': does not begin with a digit"),
        ("set a --memory 0", "--memory '0': is too little, at least 1M"),
        ("set a --pids -0", "--pids '-0': is less than 1"),
        ("set a --cpu-weight max", "--cpu-weight 'max': is no value of cpu_weight"),
        ("set a --io /srv", "--io '/srv': has no ':' between what is limited and the limit"),
        ("set a", "quota set: no limit was given"),
        ("set", "quota set: no PROJECT was given"),
        ("set a --memory 1G b", "quota set: no limit for b was given"),
        (
            "set --memory 1G a --cpu 2",
            "--memory comes before every project, and other limits after some"
        ),
        ("set a --memory 1G a --memory 2G", "memory of a is given twice"),
        ("set a --memory 1G --memory 2G", "memory of a is given twice"),
        ("set a --memory 1G --for 1h --persist", "--persist keeps what --for would restore"),
        ("set a --memory 1G --for 0s", "--for '0s': is no time at all"),
        ("set a/ --memory 1G", "workload name '': is empty"),
        ("move --memory 2G a", "quota move: no TO was given"),
        ("move --memory -2G a b", "--memory '-2G': is no amount that could be moved"),
        ("move --memory max a b", "--memory 'max': is no amount that could be moved"),
        ("move --cpu-weight 5 a b", "--cpu-weight '5': is no amount that could be moved"),
        ("move --memory 1G a b c", "quota: unexpected argument 'c'"),
        ("show a --memory 1G", "quota show: unexpected argument '--memory'"),
        ("history --plan", "quota history: unexpected argument '--plan'"),
        ("reset a --for 1h", "quota reset: unexpected argument '--for'"),
        ("reset a memry", "LIMIT 'memry': is no limit"),
        ("shwo", "quota: ACTION 'shwo': is unknown"),
    ]) func whatMakesNoSenseIsSaid(words: String, message: String) throws {
        let refusal = try refusal(words)
        #expect(refusal.message == message)
        #expect(refusal.hint != nil)
    }

    @Test func aReasonIsBounded() throws {
        let long = String(repeating: "x", count: QuotaTerms.reasonMax + 1)
        #expect(try refusal("set a --memory 1G --reason \(long)").message.contains("--reason"))
    }

    @Test func aWordOfDigitsIsARun() throws {
        guard case .supervisor(let run) = try parse(["explain", "17"]),
            case .supervisor(let target) = try parse(["explain", "17/web"])
        else { throw NotRun(invocation: .usage) }
        #expect(run.request == .explainRun(RunID(rawValue: 17)))
        guard case .explain(let named) = target.request else { throw NotRun(invocation: .usage) }
        #expect("\(named)" == "17/web")
        #expect(throws: ArgumentsError.self) { try parse(["explain", "0"]) }
    }

    @Test(arguments: [
        (["stats", "--interval", "1s"], "--interval means nothing for one sample"),
        (["stats", "-f", "--interval", "99ms"], "--interval '99ms': is not between 100ms and 1h"),
        (["top", "--interval", "2h"], "--interval '2h': is not between 100ms and 1h"),
        (["top", "--sort", "luck"], "--sort 'luck': is no key"),
    ]) func samplesAreTakenNeitherTooOftenNorByAnUnknownKey(words: [String], message: String) {
        let error = #expect(throws: ArgumentsError.self) { try parse(words) }
        #expect(error?.message == message)
    }
}
