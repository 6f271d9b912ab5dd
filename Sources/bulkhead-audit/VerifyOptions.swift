internal import Plan

/// What `bulkhead audit verify` is asked for.
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
        var words = OptionWords(words)
        while let option = words.next() {
            switch option {
            case "--json": json = true
            case "--since": since = UInt64(try words.number(of: option))
            case "--journal": journals.append(try words.value(of: option))
            case "--public-key": publicKey = try words.value(of: option)
            case "--anchors": anchors = try words.value(of: option)
            case "--chain": chain = try words.value(of: option)
            case "--state": state = try words.value(of: option)
            default: throw OptionWords.unknown(option)
            }
        }
    }
}
