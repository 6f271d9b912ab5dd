/// One entry of a journal, as far as it matters here: its fields by name, the first of each name.
public struct JournalEntry: Hashable, Sendable {
    public var fields: [String: [UInt8]]
    /// Microseconds since the epoch, as journald received it.
    public var realtime: UInt64

    public init(fields: [String: [UInt8]], realtime: UInt64) {
        self.fields = fields
        self.realtime = realtime
    }
}
