internal import Audit

/// One entry of a journal, as far as it matters here: its fields by name, the first of each name.
public struct JournalEntry: Hashable, Sendable {
    public var fields: [String: [UInt8]]
    /// Microseconds since the epoch, as journald received it.
    public var realtime: UInt64

    public init(fields: [String: [UInt8]], realtime: UInt64) {
        self.fields = fields
        self.realtime = realtime
    }

    init(_ entry: EntryFields) {
        fields = [:]
        realtime = entry.realtime
        for place in entry.places {
            let name = String(decoding: entry.bytes[place.name], as: UTF8.self)
            if fields[name] == nil { fields[name] = Array(entry.bytes[place.value]) }
        }
    }

    /// The value as text; what is no UTF-8 becomes U+FFFD.
    public func text(_ name: String) -> String? {
        fields[name].map { String(decoding: $0, as: UTF8.self) }
    }
}
