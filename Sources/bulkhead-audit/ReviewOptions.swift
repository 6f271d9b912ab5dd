internal import Audit
internal import AuditReading
internal import AuditReview
internal import Plan
internal import Syscalls

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
            case "--result": try add(AuditField.result, words.value(of: option))
            case "--cause": try add(AuditField.cause, words.value(of: option))
            case "--via": try add(AuditField.via, words.value(of: option))
            case "--priority": filter.priority = Int(try words.number(of: option))
            case "--since": filter.since = try words.number(of: option)
            case "--until": filter.until = try words.number(of: option)
            case "--lines": lines = Int(try words.number(of: option))
            case "--journal": journals.append(try words.value(of: option))
            case "--state": state = try words.value(of: option)
            default: throw OptionWords.unknown(option)
            }
        }
        if lines == nil && filter.since == nil { lines = 100 }
        // What was written elsewhere has numbers of another machine's users.
        if journals.isEmpty { filter.actorUser = filter.actor.flatMap(UserDatabase.number(of:)) }
    }

    private mutating func add(_ field: String, _ value: String) {
        filter.values[field, default: []].append(value)
    }
}
