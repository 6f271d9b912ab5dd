import Arguments
import Plan
import Testing

/// `bulkhead schedule` and the commands beside it.
@Suite struct ScheduleArgumentsTests {
    private func action(_ words: String) throws -> ScheduleAction? {
        guard
            case .supervisor(let arguments) = try parse(
                words.split(separator: " ").map(String.init)),
            case .schedule(let action) = arguments.request
        else { return nil }
        return action
    }

    @Test(
        arguments: [
            ("schedule show", .show), ("schedule strategy dynamic", .strategy("dynamic")),
            ("schedule strategy /opt/mine", .strategy("/opt/mine")),
            ("schedule history -n 3", .history(nil, limit: 3)),
            ("schedule samples", .samples(limit: 20)),
            ("optimize", .optimize(planOnly: false)),
            ("optimize --plan", .optimize(planOnly: true)),
            ("advise", .advise(nil)), ("queue", .queue),
        ] as [(String, ScheduleAction)])
    func itIsUnderstood(words: String, expected: ScheduleAction) throws {
        #expect(try action(words) == expected)
    }

    @Test func projectsAreRead() throws {
        let shop = try ProjectName("shop")
        #expect(try action("why shop") == .why(shop))
        #expect(try action("advise shop") == .advise(shop))
        #expect(try action("schedule history shop") == .history(shop, limit: 20))
    }

    @Test(arguments: [
        ("schedule", "schedule: no ACTION was given"),
        ("schedule shwo", "schedule: ACTION 'shwo': is unknown"),
        ("schedule strategy", "schedule strategy: no NAME was given"),
        ("schedule show -n 3", "schedule show: unexpected argument '--limit'"),
        ("schedule show shop", "schedule: unexpected argument 'shop'"),
        ("why", "why: no PROJECT was given"), ("queue shop", "queue: unexpected argument 'shop'"),
    ])
    func whatMakesNoSenseIsRefused(words: String, message: String) throws {
        let error = try #require(#expect(throws: ArgumentsError.self) { try action(words) })
        #expect(error.message == message)
    }
}
