public import Plan

extension LedgerChanges {
    /// Keeps why a run ended, for as long as the run is kept; of one that is not kept, nothing.
    public func save(_ account: RunAccount, of run: RunID) throws(LedgerError) {
        try connection.run(
            """
            INSERT OR REPLACE INTO accounts SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
            WHERE EXISTS (SELECT 1 FROM runs WHERE id = ?1)
            """, .bits(run.rawValue), .text(account.cause.rawValue), .bounded(account.text),
            .bounded(lines(account.evidence)), .bounded(lines(account.log)),
            .optional(account.actor.map { Int64($0) }), .optional(account.suggestion))
    }

    /// Writes down whether the supervisor ended as it was told to, and not by a kill or a power cut.
    public func setDeparted(_ hasDeparted: Bool) throws(LedgerError) {
        try connection.run(
            "INSERT OR REPLACE INTO facts VALUES ('departed', ?)", .flag(hasDeparted))
    }

    private func lines(_ lines: [String]) -> String {
        var text = ""
        for line in lines {
            if !text.isEmpty { text += "\n" }
            text += line
        }
        return text
    }
}

extension LedgerStore {
    /// Why a run ended; nil where nothing but its end is known.
    public func account(of run: RunID) throws(LedgerError) -> RunAccount? {
        try connection.first(
            "SELECT cause, text, evidence, log, actor, suggestion FROM accounts WHERE run = ?",
            .bits(run.rawValue)
        ) { row throws(LedgerError) in
            func lines(_ column: CInt) -> [String] {
                row.text(column).utf8.split(separator: UInt8(ascii: "\n")).map {
                    String(decoding: Array($0), as: UTF8.self)
                }
            }
            return RunAccount(
                try row.value(0, "a cause") { RunCause(rawValue: $0) }, row.text(1),
                evidence: lines(2), log: lines(3),
                actor: row.optionalInteger(4).map { UInt32(truncatingIfNeeded: $0) },
                suggestion: row.isNull(5) ? nil : row.text(5))
        }
    }

    /// Whether the last supervisor ended as it was told to.
    public func hasDeparted() throws(LedgerError) -> Bool {
        try connection.first("SELECT value FROM facts WHERE name = 'departed'") { row in
            row.flag(0)
        } ?? false
    }
}
