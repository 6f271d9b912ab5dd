internal import Plan

/// The words of a command line in the form that `bulkhead` makes of it: each option a word with two hyphens,
/// its value the next word.
struct OptionWords {
    private var rest: ArraySlice<String>

    init(_ words: [String]) { rest = words[...] }

    /// The next option; nil after the last.
    mutating func next() -> String? { rest.popFirst() }

    mutating func value(of option: String) throws(InvalidValue) -> String {
        guard let value = rest.popFirst() else { throw Self.refusal(option, "", "needs a value") }
        return value
    }

    /// Not less than nothing.
    mutating func number(of option: String) throws(InvalidValue) -> Int64 {
        let text = try value(of: option)
        guard let number = Int64(text), number >= 0 else {
            throw Self.refusal(option, text, "is no number")
        }
        return number
    }

    static func unknown(_ option: String) -> InvalidValue {
        refusal("argument", option, "is not known")
    }

    private static func refusal(
        _ subject: String, _ value: String, _ reason: String
    ) -> InvalidValue {
        InvalidValue(
            subject, value, reason,
            hint: "it is bulkhead that runs this program: bulkhead audit --help")
    }
}
