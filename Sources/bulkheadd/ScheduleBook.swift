internal import Configuration
internal import EventLoop
internal import Plan
internal import Scheduling

/// What the supervisor knows of who gets what: the scheduler, what it is told, and what it said.
struct ScheduleBook {
    /// Whom to wake: nobody's wish for room is forgotten, and nobody is told twice to wait.
    var waiting: Set<ProjectName> = []
    var toldToWait: Set<ProjectName> = []
    var isAdmissionDue = false
    /// While a configuration comes into force: how many may run is in the new one.
    var isAdmissionHeld = false

    var tunables = Tunables.standard
    /// What an operator chose in place of the configuration.
    var chosen: Strategy?
}

extension Supervisor {
    /// What is divided: what the configuration gives all projects together, or the machine without what
    /// is kept for the system.
    var scheduledCapacity: Amounts {
        let global = active.configuration.global
        let part = 1 - schedule.tunables.reserve
        func most(_ machine: Double, _ given: Double?) -> Double {
            min(machine * part, given ?? .infinity)
        }
        return Amounts(
            cpu: most(
                Double(host.capacity.processors.millicores),
                global.cpuCores.map { Double($0.millicores) }),
            memory: most(
                Double(host.capacity.memory.count), global.memoryLimit.map { Double($0.count) }),
            disk: global.diskLimit.map { Double($0.count) } ?? Double(UInt64.max >> 12),
            slots: Double(global.maxTotalAgents ?? 0))
    }

    /// What holds: what an operator chose last, or what the configuration says.
    var strategy: Strategy {
        schedule.chosen ?? active.configuration.global.allocationStrategy ?? .standard
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
