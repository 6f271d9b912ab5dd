internal import AuditReading
internal import AuditReview
internal import Plan

/// What `bulkhead audit`, `bulkhead audit report` and `bulkhead audit key` are asked for.
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
        var words = OptionWords(words)
        while let option = words.next() {
            switch option {
            case "--follow": follow = true
            case "--json": json = true
            case "--project": filter.project = try ProjectName(try words.value(of: option))
            case "--workload":
                filter.workload = try WorkloadName(try words.value(of: option))
            case "--run": filter.run = RunID(rawValue: UInt64(try words.number(of: option)))
            case "--event": filter.events.append(try words.value(of: option))
            case "--actor": filter.actor = try words.value(of: option)
            case "--since": filter.since = try words.number(of: option)
            case "--until": filter.until = try words.number(of: option)
            case "--lines": lines = Int(try words.number(of: option))
            case "--journal": journals.append(try words.value(of: option))
            case "--state": state = try words.value(of: option)
            default: throw OptionWords.unknown(option)
            }
        }
        if lines == nil && filter.since == nil { lines = 100 }
    }
}
