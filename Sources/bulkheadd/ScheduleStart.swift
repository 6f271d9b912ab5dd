internal import Configuration
internal import Journal
internal import Ledger
internal import Plan
internal import Scheduling
internal import Supervision
internal import Syscalls

/// The schedule at the beginning, and as the configuration changes.
extension Supervisor {
    /// Under which name the ledger keeps what an operator chose.
    static let strategyChoice = "strategy"
    /// Of the last supervisor's measurements: a few hours of many projects.
    private static let warmingMax = 20_000

    func restoreSchedule() throws {
        schedule.tunables = Tunables(active.configuration.global)
        // What a later version wrote and this one does not know: the configuration's holds.
        schedule.chosen = try ledger.choice(Self.strategyChoice).flatMap { text in
            try? Strategy(parsing: text)
        }
    }

    /// Everything is known: looks from now on, with what was measured before in mind.
    func beginSchedule() {
        do {
            restoreLadder()
            try synchronizedScheduler()
            for sample in try ledger.samples(limit: Self.warmingMax)
            where schedule.scheduler?.contains(sample.project) ?? false {
                try schedule.scheduler?.observe(
                    sample.project, Use(sample), at: sample.at / 1_000_000,
                    minuteOfWeek: MachineWeek.minute(at: sample.at / 1_000_000_000))
            }
            sampler = try ScheduleSampler(self)
            watchMachine()
        } catch { journal.report(host.diagnosis(of: error)) }
        schedule.cause = nil
        scheduleSoon("start")
    }

    /// Another configuration is in force.
    func configurationChanged() {
        schedule.tunables = Tunables(active.configuration.global)
        trail.follow(active.configuration.global)
        scheduleSoon("configuration")
    }
}

extension Tunables {
    /// As the configuration has them.
    init(_ global: GlobalSettings) {
        self.init()
        if let seconds = global.schedulingIntervalSeconds {
            intervalMilliseconds = Int64(seconds) * 1_000
        }
        if let seconds = global.rebalanceIntervalSeconds {
            rebalanceMilliseconds = Int64(seconds) * 1_000
        }
        if let seconds = global.admissionAgeingSeconds {
            ageingMilliseconds = Int64(seconds) * 1_000
        }
        if let percent = global.systemReservePercent { reserve = Double(percent) / 100 }
    }
}
