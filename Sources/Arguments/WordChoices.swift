/// What the word at the end of an unfinished command line may be.
public struct WordChoices: Hashable, Sendable {
    /// Words that are known here, unsorted; some of them may not begin as the word does.
    public let words: [String]
    /// What else it may be: a name that only this machine knows.
    public let kind: WordKind

    /// - Parameter earlier: the words before it, without `bulkhead`.
    public init(after earlier: [String], beginning word: String) {
        guard let first = earlier.first else {
            self.init(CommandName.names + ["exit"], .nothing)
            return
        }
        guard let command = CommandName(rawValue: first) else {
            self.init([], .nothing)
            return
        }
        var operands = 0
        var valued: OptionDescription?
        var isAfterSeparator = false
        for earlierWord in earlier.dropFirst() {
            if valued != nil {
                valued = nil
            } else if earlierWord == "--" {
                isAfterSeparator = true
            } else if !isAfterSeparator, earlierWord.utf8.first == UInt8(ascii: "-") {
                valued = command.options.first {
                    $0.value != nil && $0.spellings.contains(earlierWord)
                }
            } else {
                operands += 1
            }
        }
        if let value = valued?.value {
            self.init(value.completion)
        } else if word.utf8.first == UInt8(ascii: "-") && !isAfterSeparator {
            self.init(command.options.map(\.spelling) + ["--help"], .nothing)
        } else if command.operands.isEmpty {
            self.init([], .nothing)
        } else {
            self.init(command.operands[min(operands, command.operands.count - 1)])
        }
    }

    private init(_ kind: WordKind) {
        if case .choices(let words) = kind {
            self.init(words, .nothing)
        } else {
            self.init([], kind)
        }
    }

    private init(_ words: [String], _ kind: WordKind) {
        self.words = words
        self.kind = kind
    }
}
