/// Why it is not known that journald has all that it was sent.
enum AuditTrouble: Hashable {
    /// This machine has none, or its socket is gone.
    case absent
    /// It keeps nothing: `Storage=none`, journald.conf(5).
    case void
    /// It could not be asked.
    case unknown(String)
    /// It has lost some, and the ledger does not take the record that says so.
    case untold(String)

    /// Whether it is known that the ledger alone has the records, and always will.
    var isWithoutJournal: Bool {
        switch self {
        case .absent, .void: true
        case .unknown, .untold: false
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
        case .untold(let reason):
            "journald has lost records, which are sent again once the ledger says so: \(reason)"
        }
    }
}
