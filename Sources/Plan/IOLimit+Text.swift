extension IOLimit {
    /// Reads `PATH:KEY=VALUE[,KEY=VALUE]…` with the keys of `io.max`: rbps, wbps, riops, wiops.
    ///
    /// It is split at the last colon: no key or value has one, so a path may. The value `max` says
    /// that there is no limit, as it does in `io.max`.
    ///
    /// - Parameter base: the current directory, nil where it is gone.
    public init(parsing text: String, base: String?, for subject: String) throws(InvalidValue) {
        let hint = "write PATH:rbps=SIZE,wbps=SIZE,riops=N,wiops=N with at least one of the four"
        self = try Plan.parsing(text, for: subject, hint: hint) { () throws(Refusal) in
            guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
                throw Refusal("has no ':' between the path and the limits")
            }
            var limit = IOLimit(
                path: try PlainPath(onHost: String(text[..<colon]), base: base).text)
            try limit.read(entries: text[text.utf8.index(after: colon)...])
            return limit
        }
    }

    /// The kernel keeps operations in 32 bits, where all ones mean no limit (blk-throttle.c).
    public static let operationsMax = UInt64(UInt32.max) - 1

    mutating func read(entries: Substring) throws(Refusal) {
        if entries.isEmpty { throw Refusal("names no limit") }
        var given: [Substring] = []
        for entry in entries.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = entry.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw Refusal("has \(quoted(String(entry))) where KEY=VALUE belongs")
            }
            if given.contains(parts[0]) { throw Refusal("gives \(parts[0]) twice") }
            try set(String(parts[0]), to: parts[1])
            given.append(parts[0])
        }
    }

    private mutating func set(_ key: String, to value: Substring) throws(Refusal) {
        do throws(Refusal) {
            switch key {
            case "rbps": readBytesPerSecond = try Self.bytes(value)
            case "wbps": writeBytesPerSecond = try Self.bytes(value)
            case "riops": readOperationsPerSecond = try Self.operations(value)
            case "wiops": writeOperationsPerSecond = try Self.operations(value)
            default: throw Refusal("is no key of io.max")
            }
        } catch {
            let what = quoted("\(key)=\(value)")
            throw Refusal("\(what) \(error.reason)", hint: error.hint)
        }
    }

    private static func bytes(_ value: Substring) throws(Refusal) -> Bytes? {
        if value == "max" { return nil }
        let bytes = try Bytes(token: value)
        // The kernel answers a 0 with ERANGE (tg_set_limit in blk-throttle.c).
        if bytes.count == 0 { throw Refusal("is less than 1") }
        return bytes
    }

    private static func operations(_ value: Substring) throws(Refusal) -> UInt64? {
        if value == "max" { return nil }
        return try wholeNumber(value, in: 1...operationsMax)
    }

    /// `rbps=1M,wiops=200`: what it sets, as it is read.
    var ratesText: String {
        var text = ""
        func add(_ key: String, _ value: String?) {
            guard let value else { return }
            if !text.isEmpty { text += "," }
            text += "\(key)=\(value)"
        }
        add("rbps", readBytesPerSecond?.exactText)
        add("wbps", writeBytesPerSecond?.exactText)
        add("riops", readOperationsPerSecond.map { "\($0)" })
        add("wiops", writeOperationsPerSecond.map { "\($0)" })
        return text.isEmpty ? "max" : text
    }

    /// Whether whoever keeps to `other` keeps to this.
    func allows(_ other: IOLimit) -> Bool {
        func allows<Rate: Comparable>(_ most: Rate?, _ rate: Rate?) -> Bool {
            guard let most else { return true }
            return rate.map { $0 <= most } ?? false
        }
        return allows(readBytesPerSecond, other.readBytesPerSecond)
            && allows(writeBytesPerSecond, other.writeBytesPerSecond)
            && allows(readOperationsPerSecond, other.readOperationsPerSecond)
            && allows(writeOperationsPerSecond, other.writeOperationsPerSecond)
    }
}
