internal import Configuration
internal import Ledger
internal import Plan
internal import Scheduling

/// The schedule at the beginning, and as the configuration changes.
extension Supervisor {
    /// Under which name the ledger keeps what an operator chose.
    static let strategyChoice = "strategy"

    func restoreSchedule() throws {
        schedule.tunables = Tunables(active.configuration.global)
        // What a later version wrote and this one does not know: the configuration's holds.
        schedule.chosen = try ledger.choice(Self.strategyChoice).flatMap { text in
            try? Strategy(parsing: text)
        }
    }

    /// Another configuration is in force.
    func configurationChanged() {
        schedule.tunables = Tunables(active.configuration.global)
    }
}
