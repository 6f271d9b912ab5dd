import Arguments
import Testing

@Suite struct HelpTests {
    private static let pages: [CommandName?] = [nil] + CommandName.allCases

    @Test(arguments: pages) func aPageFitsATerminal(command: CommandName?) {
        for line in Help.page(command).split(separator: "\n", omittingEmptySubsequences: false) {
            #expect(line.count <= 80, "\(line)")
            #expect(line.last != " ", "\(line)")
        }
        #expect(Help.page(command).hasPrefix("usage: bulkhead "))
        #expect(Help.page(command).hasSuffix("\n"))
    }

    @Test func everyOptionStandsInTheHelpOfItsCommand() {
        for command in CommandName.allCases {
            for option in command.options {
                let letter = option.letter.map { "-\($0), " } ?? ""
                #expect(Help.page(command).contains("\n  \(letter)\(option.spelling)"))
            }
        }
    }

    @Test func optionsOfOneGroupStandTogether() {
        for command in CommandName.allCases {
            var groups = command.options.map(\.group)
            groups = groups.indices.filter { $0 == 0 || groups[$0] != groups[$0 - 1] }.map {
                groups[$0]
            }
            #expect(Set(groups).count == groups.count)
        }
    }

    @Test func theOverviewNamesEveryCommand() {
        for command in CommandName.allCases {
            #expect(Help.page(nil).contains("\n  \(command.rawValue) "))
        }
    }

    @Test func theFirstThingToSeeIsAnExample() {
        #expect(Help.usage.hasPrefix("Try it:  bulkhead run -- "))
        #expect(Help.usage.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test(arguments: CommandName.allCases) func aPageHasAnExampleThatIsUnderstood(
        command: CommandName
    ) throws {
        #expect(!command.examples.isEmpty)
        for example in command.examples where !example.contains("<(") {
            #expect(Help.page(command).contains("\n    \(example)\n"))
            let words = example.split(separator: " ").map(String.init)
            #expect(words.first == "bulkhead")
            #expect(throws: Never.self) { try parse(Array(words.dropFirst())) }
        }
    }

    @Test func commandsOfOneGroupStandTogether() {
        var groups: [CommandName.Group] = []
        for command in CommandName.allCases where groups.last != command.group {
            groups.append(command.group)
        }
        #expect(groups == CommandName.Group.allCases)
    }
}
