internal import Plan

/// What `bulkhead audit verify` is asked for, in the form that `bulkhead` makes of it: each option a word
/// with two hyphens, its value the next word.
struct VerifyOptions {
    /// Microseconds since the epoch.
    var since: UInt64?
    /// Empty: this machine's journal.
    var journals: [String] = []
    /// Nil: the supervisor's own, where it can be read.
    var publicKey: String?
    var anchors: String?
    var chain: String?
    var json = false
    var state = "/var/lib/bulkhead"

    init(parsing words: [String]) throws(InvalidValue) {
        var rest = words[...]
        while let option = rest.popFirst() {
            switch option {
            case "--json": json = true
            case "--since":
                let text = try Self.value(of: option, &rest)
                guard let time = UInt64(text) else {
                    throw InvalidValue(option, text, "is no number", hint: Self.hint)
                }
                since = time
            case "--journal": journals.append(try Self.value(of: option, &rest))
            case "--public-key": publicKey = try Self.value(of: option, &rest)
            case "--anchors": anchors = try Self.value(of: option, &rest)
            case "--chain": chain = try Self.value(of: option, &rest)
            case "--state": state = try Self.value(of: option, &rest)
            default: throw InvalidValue("argument", option, "is not known", hint: Self.hint)
            }
        }
    }

    private static let hint = "it is bulkhead that runs this program: bulkhead audit --help"

    private static func value(
        of option: String, _ rest: inout ArraySlice<String>
    ) throws(InvalidValue) -> String {
        guard let value = rest.popFirst() else {
            throw InvalidValue(option, "", "needs a value", hint: hint)
        }
        return value
    }
}
