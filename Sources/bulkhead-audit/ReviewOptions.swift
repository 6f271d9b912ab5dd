internal import AuditReading
internal import AuditReview
internal import Plan

/// What `bulkhead audit` and `bulkhead audit report` are asked for, in the form that `bulkhead` makes of
/// it: each option a word with two hyphens, its value the next word.
struct ReviewOptions {
    var filter = AuditFilter()
    /// Nil: all.
    var lines: Int?
    var follow = false
    var json = false
    /// Empty: this machine's journal.
    var journals: [String] = []
    var state = "/var/lib/bulkhead"

    init(parsing words: [String]) throws(InvalidValue) {
        var rest = words[...]
        while let option = rest.popFirst() {
            switch option {
            case "--follow": follow = true
            case "--json": json = true
            case "--project": filter.project = try ProjectName(try Self.value(of: option, &rest))
            case "--workload":
                filter.workload = try WorkloadName(try Self.value(of: option, &rest))
            case "--run": filter.run = RunID(rawValue: UInt64(try Self.number(of: option, &rest)))
            case "--event": filter.events.append(try Self.value(of: option, &rest))
            case "--actor": filter.actor = try Self.value(of: option, &rest)
            case "--since": filter.since = try Self.number(of: option, &rest)
            case "--until": filter.until = try Self.number(of: option, &rest)
            case "--lines": lines = Int(try Self.number(of: option, &rest))
            case "--journal": journals.append(try Self.value(of: option, &rest))
            case "--state": state = try Self.value(of: option, &rest)
            default: throw InvalidValue("argument", option, "is not known", hint: Self.hint)
            }
        }
        if lines == nil && filter.since == nil { lines = 100 }
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

    private static func number(
        of option: String, _ rest: inout ArraySlice<String>
    ) throws(InvalidValue) -> Int64 {
        let text = try value(of: option, &rest)
        guard let number = Int64(text), number >= 0 else {
            throw InvalidValue(option, text, "is no number", hint: hint)
        }
        return number
    }
}
