internal import Configuration
internal import EventLoop
internal import Plan
internal import Scheduling

/// What the supervisor knows of who gets what: the scheduler, what it is told, and what it said.
struct ScheduleBook {
    // MARK: Places

    /// Those that asked for one, as far as was heard.
    var waiting: Set<ProjectName> = []
    /// Nobody is told twice to wait.
    var toldToWait: Set<ProjectName> = []
    var isAdmissionDue = false
    /// While a configuration comes into force: how many may run is in the new one.
    var isAdmissionHeld = false

    // MARK: Shares

    var tunables = Tunables.standard
    /// What an operator chose in place of the configuration.
    var chosen: Strategy?
    /// Nil before anything was decided.
    var scheduler: Scheduler?
    /// What is configured and set by people, as the scheduler needs it.
    var settled = SettledProjects()
    /// What of it the scheduler was told last.
    var told: SettledProjects.Key?
    /// What each used when it was last looked at.
    var uses: [ProjectName: Use] = [:]
    /// The last decision, and when it was made, in nanoseconds since the epoch.
    var decision: Decision?
    var decidedAt: Int64 = 0
    /// What called for the next decision before its time; nil: nothing.
    var cause: String?
    /// Changes that are still to be made, those of one transaction each.
    var batches: [ScheduleBatch] = []
    var isChanging = false
    /// Batches are being begun, or a person's change is: what is done by then is gone on with after it.
    var isDispatching = false

    // MARK: Pressure

    var ladder = PreemptionLadder()
    /// Those that are not squeezed any more, until their limits are known to be as they were.
    var released: Set<ProjectName> = []
    /// Of the whole machine, when it was last looked at.
    var pressure = Use.Pressure()
    var shortage = MachineShortage()
    var triggers: [CounterWatch.Trigger] = []
    /// Microseconds of CLOCK_MONOTONIC: before it a trigger calls for nothing new.
    var triggersRestUntil: Int64 = 0

    // MARK: The custom strategy

    /// Why its last answer was not followed; nil: it was, or there is none.
    var customRefusal: String?
    var asking: CustomQuestion?
    /// Whose answers are no longer waited for, until they have ended.
    var dismissed: [CustomQuestion] = []
}
