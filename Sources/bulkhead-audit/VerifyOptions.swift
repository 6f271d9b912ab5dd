internal import Plan

/// What `bulkhead audit verify` is asked for.
struct VerifyOptions {
    /// Microseconds since the epoch.
    var since: UInt64?
    /// Empty: this machine's journal.
    var journals: [String] = []
    /// Empty: the supervisor's own.
    var publicKeys: [String] = []
    /// Signatures are not checked.
    var isKeyless = false
    var anchors: String?
    var chain: String?
    var json = false
    var state = PublicKeyFile.standardState

    init(parsing words: [String]) throws(InvalidValue) {
        var words = OptionWords(words)
        while let option = words.next() {
            switch option {
            case "--json": json = true
            case "--since": since = UInt64(try words.number(of: option))
            case "--journal": journals.append(try words.value(of: option))
            case "--public-key": publicKeys.append(try words.value(of: option))
            case "--no-signatures": isKeyless = true
            case "--anchors": anchors = try words.value(of: option)
            case "--chain": chain = try words.value(of: option)
            case "--state": state = try words.value(of: option)
            default: throw OptionWords.unknown(option)
            }
        }
    }
}
