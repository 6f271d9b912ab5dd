/// Why nobody knows whether journald has kept what it was sent.
enum AuditTrouble: Hashable {
    /// This machine has none, or its socket is gone.
    case absent
    /// It keeps nothing: `Storage=none`, journald.conf(5).
    case void
    /// It could not be asked.
    case unknown(String)

    /// Whether it is known that the ledger alone has the records, and always will.
    var isWithoutJournal: Bool {
        switch self {
        case .absent, .void: true
        case .unknown: false
        }
    }

    /// What is wrong, and what to do.
    var text: String {
        switch self {
        case .absent:
            "there is no journald, the ledger alone has the records: start systemd-journald"
        case .void:
            "journald keeps nothing, the ledger alone has the records: set Storage= in journald.conf(5)"
        case .unknown(let reason):
            "\(reason), the ledger keeps all records until it is known which journald has: see "
                + "journalctl -u systemd-journald"
        }
    }
}
