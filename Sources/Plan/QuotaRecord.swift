/// One limit that was changed, as `bulkhead quota history` tells it.
public struct QuotaRecord: Hashable, Sendable {
    /// Shared by all that was changed at once.
    public var transaction: Int64
    /// Nanoseconds since the epoch.
    public var at: Int64
    public var target: QuotaTarget
    /// The limit's word, kept as text: a later version may know others.
    public var name: String
    public var from: String
    public var to: String
    public var actor: UInt32
    public var via: QuotaOverride.Via
    public var reason: String
    /// When its time is or was over; of CLOCK_MONOTONIC, in microseconds.
    public var until: Int64?

    public init(
        transaction: Int64, at: Int64, target: QuotaTarget, name: String, from: String, to: String,
        actor: UInt32, via: QuotaOverride.Via, reason: String, until: Int64? = nil
    ) {
        self.transaction = transaction
        self.at = at
        self.target = target
        self.name = name
        self.from = from
        self.to = to
        self.actor = actor
        self.via = via
        self.reason = reason
        self.until = until
    }
}
