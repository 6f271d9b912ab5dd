/// What the ledger keeps at most, so that neither time nor anybody's wish makes it grow without end.
public enum LedgerLimit {
    /// Events: about 15 MB of them, and weeks of an eventful machine.
    public static let events: Int64 = 100_000
    /// Ended runs of one project.
    public static let runs = 1_000
    /// Changes of limits.
    public static let quotaRecords: Int64 = 10_000
    /// Changes of what projects get by schedule.
    public static let decisions: Int64 = 10_000
    /// Measurements of what projects use: two weeks, and no more than about 30 MB of them.
    public static let samples: Int64 = 400_000
    public static let samplesSeconds: Int64 = 14 * 86_400
    /// Configuration versions.
    public static let versions: Int64 = 200
    /// Files of one configuration, and their bytes together.
    public static let files = 4_096
    public static let fileBytes = 16 << 20
    /// A run's command, as shown to people; what is longer loses its last arguments.
    public static let commandBytes = 16_384
    /// Any text that comes from outside: reasons, summaries. Cut there.
    public static let textBytes = 4_096
}
