extension ControlInterface {
    public static let text = """
        # Bulkhead's supervisor: projects in sandboxes on one machine.
        interface io.bulkhead.Supervisor

        # Where a project is in its life.
        type Project (
          name: string, title: string, path: string, priority: string,
          # initializing, active, paused, maintenance, archived, stopped, failed;
          # starting and stopping on the way.
          phase: string,
          reason: string,
          # Every service with a readiness check is ready, every other one runs.
          ready: bool,
          dependencies: []string,
          services: []Service,
          # Of the live sandbox; absent where there is none.
          pid: ?int, cgroup: ?string, uptime_ms: ?int,
          memory_bytes: ?int, memory_max_bytes: ?int, cpu_us: ?int, processes: ?int
        )

        type Service (
          name: string,
          # stopped, waiting, starting, running, stopping, backing-off, parked, held
          phase: string,
          reason: string,
          ready: bool,
          # unknown, healthy, unhealthy
          health: string,
          run: ?int, pid: ?int, uptime_ms: ?int,
          restarts: int,
          next_start_ms: ?int,
          breaker: string,
          memory_bytes: ?int, processes: ?int,
          # The last results of its health checks, oldest first.
          checks: []Check
        )

        type Check (purpose: string, at_ms: int, passed: bool, reason: string)

        type Run (
          run: int, project: string, workload: string, kind: string, command: []string,
          actor_uid: int,
          # intended, running, refused, ended
          state: string,
          pid: ?int, started_at_us: int, ended_at_us: ?int,
          # As a shell has it.
          exit_status: ?int, cause: ?string
        )

        type ConfigurationVersion (
          version: int, applied_at_us: int, actor_uid: int, via: string, active: bool,
          projects: int, summary: string
        )

        # One line of a plan: verb is add, remove, change, start, stop, restart or keep.
        type Change (project: string, verb: string, detail: string)

        type LogLine (
          at_us: int, project: string, workload: string, run: ?int, priority: int, message: string
        )

        method List() -> (projects: []Project)
        method Show(project: string) -> (project: Project)
        # What this supervisor is and how it does: component is supervisor, ledger, journal, cgroups,
        # configuration, audit or denials; absent: all of them.
        method Health(component: ?string) -> (components: []Component)
        type Component (name: string, ok: bool, text: string)

        # Every method that changes something takes a reason, at most 1,024 bytes of any words, for the audit
        # trail; that of QuotaSet is kept in the history of limits too, and has at most 200.

        # wait: reply when the project is ready (or stopped), not when the wish is written down.
        method Start(
          project: string, service: ?string, wait: ?bool, timeout_ms: ?int, reason: ?string
        ) -> (phase: string)
        method Stop(
          project: string, service: ?string, wait: ?bool, timeout_ms: ?int, reason: ?string
        ) -> (phase: string)
        method Restart(
          project: string, service: ?string, wait: ?bool, timeout_ms: ?int, reason: ?string
        ) -> (phase: string)
        method Pause(project: string, reason: ?string) -> (phase: string)
        method Resume(project: string, reason: ?string) -> (phase: string)
        method Maintain(project: string, reason: ?string) -> (phase: string)
        method Archive(project: string, reason: ?string) -> (phase: string)
        # storage: what it stored in volumes is deleted as soon as nobody uses it, but for images that were
        # found damaged. Otherwise it stays, and is found again by a project of the same name. Its own
        # directory always stays.
        method Remove(project: string, storage: ?bool, reason: ?string) -> ()
        # Writes projects.d/NAME.yaml and applies it.
        method Register(name: string, path: string, reason: ?string) -> (file: string, version: int)

        # Runs a command, or a declared task, in a project's live sandbox. Three descriptors come with the
        # call: standard input, output and error. With `terminal` they are ignored, and the controlling side
        # of the terminal comes with the first reply. With `more` there is a first reply when it has started
        # and a last one when it has ended; without, the only reply says that it has started. recorded: what of
        # the session is, output or all. A terminal is refused with `oneway`.
        method Execute(
          project: string, command: []string,
          # exec (the default) or task
          kind: ?string,
          # The name of a declared task, whose command comes before `command`.
          task: ?string,
          workload: ?string, user: ?int, group: ?int, environment: ?[string]string, directory: ?string,
          memory_bytes: ?int, pids: ?int, cpu_millicores: ?int, timeout_ms: ?int,
          terminal: ?bool, rows: ?int, columns: ?int,
          # Its output goes to the journal, no descriptors come.
          logged: ?bool,
          # It lives on when the caller's connection ends.
          detached: ?bool,
          # Any words of the caller's: `Wait` finds the run by it after a lost connection.
          token: ?string,
          reason: ?string
        ) -> (
          run: int, workload: string, pid: ?int, exit_status: ?int, cause: ?string, recorded: ?string
        )
        # Replies when the run has ended; with neither found: RunNotFound.
        # terminal: the caller has the terminal of the run, from a supervisor that is gone, and keeps it.
        method Wait(run: ?int, token: ?string, terminal: ?bool) -> (run: int, exit_status: int, cause: string)
        # Connects to a workload that has a terminal; its controlling side comes with the reply, so it is refused
        # with `oneway`.
        method Attach(project: string, workload: ?string, reason: ?string) -> (
          run: int, workload: string, recorded: ?string
        )
        # To the run's first process; with whole, to every process of its tree.
        method Kill(
          project: string, workload: ?string, run: ?int, signal: ?int, whole: ?bool, reason: ?string
        ) -> (signalled: int)
        method Processes(project: ?string) -> (processes: []Process)
        type Process (
          project: string, workload: string, run: ?int, pid: int, pid_inside: int, uid: int, state: string,
          memory_bytes: int, cpu_us: int, command: string
        )
        method Runs(project: ?string, limit: ?int) -> (runs: []Run)

        # Why a run ended, or why what runs is slow: of a run, of a workload (its last run), or what
        # matters most of a project. state: ended, running, slow, waiting. cause: exited, signal,
        # memory-max, memory-child, memory-machine, pids, disk, inodes, seccomp, health, time-limit,
        # preempted, operator, dependency, supervisor-stop, lost, configuration, not-started; of what
        # runs also running, slow-cpu, slow-memory, slow-io.
        method Explain(project: ?string, workload: ?string, run: ?int) -> (
          project: string, workload: ?string, run: ?int, state: string, cause: string, text: string,
          at_us: ?int, evidence: []string,
          # The last lines that it wrote to the log.
          log: []string,
          # A command to type.
          suggestion: ?string
        )

        # With `more`: a reply a line; follow: goes on for ever. The connection is then for that alone.
        method Logs(
          project: ?string, workload: ?string, run: ?int, lines: ?int, since_us: ?int, follow: ?bool
        ) -> (line: ?LogLine)
        # With `more`: a reply for each thing that happens.
        method Watch(project: ?string) -> (
          at_us: int, project: string, workload: ?string, run: ?int, severity: int, kind: string, text: string
        )

        type Machine (
          processors: int, memory_bytes: int, memory_available_bytes: int, load: []float,
          pressure: []Pressure
        )
        # What a project uses now, or (with workload and run) one run of it; of a service that has no run only
        # the phase and the restarts say something. cpu_us, read_bytes and written_bytes count from when its
        # cgroup was made. A maximum that is absent is not in force.
        type Usage (
          project: string, workload: ?string, run: ?int, phase: string,
          cpu_us: int, cpu_millicores_max: ?int, memory_bytes: int, memory_max_bytes: ?int,
          processes: int, processes_max: ?int, read_bytes: int, written_bytes: int,
          disk_bytes: ?int, disk_max_bytes: ?int, restarts: int, pressure: []Pressure
        )
        # With `more` and follow: a reply every interval, from 100 ms to an hour; otherwise one.
        method Stats(project: ?string, interval_ms: ?int, follow: ?bool) -> (
          at_us: int, machine: Machine, projects: []Usage
        )

        # Where projects store their files, those that are removed and left a volume included.
        method StorageShow(project: ?string) -> (volumes: []Volume)
        type Volume (
          project: string,
          # direct, overlay or volume; empty where there is no such project any more.
          storage: string,
          # project-quota, image, directory or tmpfs
          kind: string,
          path: string,
          # Nobody counts, or it is not up, where these are absent; no limit where a maximum is.
          bytes: ?int, bytes_max: ?int, inodes: ?int, inodes_max: ?int,
          # up, down, making, removing
          state: string,
          # Files beside it with damaged images.
          quarantined: []string
        )

        # What a project with `storage: overlay` has changed in its directory: with `more`, a reply a change,
        # the last one without. A path's bytes that are no UTF-8, and backslashes, are \\xNN.
        method StorageDiff(project: string) -> (change: ?FileChange)
        type FileChange (
          path: string,
          # added, changed, removed, replaced (by another kind of file), attributes
          what: string,
          # file, directory, link, fifo, socket, device
          kind: string,
          bytes: int
        )
        # Carries changes over into the directory of a stopped project, each file whole, or none of them:
        # StorageConflict. absent paths: all. force: what was changed below as well is overwritten.
        method StorageCommit(
          project: string, paths: ?[]string, force: ?bool, reason: ?string
        ) -> (
          committed: int, skipped: int, bytes: int
        )
        # Forgets changes of a stopped project; absent paths: all.
        method StorageDiscard(project: string, paths: ?[]string, reason: ?string) -> ()

        # A copy of a project's storage. form is image or tree.
        type Snapshot (name: string, form: string, taken_at_us: int, bytes: int)
        # A project that runs is frozen meanwhile. absent name: one is made up.
        method SnapshotCreate(project: string, name: ?string, reason: ?string) -> (
          snapshot: Snapshot
        )
        method SnapshotList(project: string) -> (snapshots: []Snapshot)
        # Of a stopped project. What was there is kept as the snapshot `kept`.
        method SnapshotRestore(project: string, name: string, reason: ?string) -> (kept: string)
        method SnapshotRemove(project: string, name: string, reason: ?string) -> ()

        # For a project that is full. With `more`: one reply, and as long as the connection lives there is a
        # little more room, where its storage can take that back. on, false: ends that, and replies when the limits
        # are as they are configured. bytes_max is the configured limit; largest are directories, then files. With
        # `oneway` only on, false is taken: nobody would be there whose end ends it.
        method Rescue(project: string, on: ?bool, reason: ?string) -> (
          bytes: ?int, bytes_max: ?int, grace_bytes: int, largest: []LargeFile
        )
        type LargeFile (path: string, kind: string, bytes: int)

        method ConfigurationPlan() -> (changes: []Change, unused: []string)
        method ConfigurationApply(reason: ?string) -> (version: int, changes: []Change)
        method ConfigurationHistory(limit: ?int) -> (versions: []ConfigurationVersion)
        method ConfigurationRollback(version: int, plan: ?bool, reason: ?string) -> (
          version: int, changes: []Change
        )

        # Puts a seccomp profile in the place of the machine's profile of that name, and records what that changes.
        # step is learn, canary, enforce or allow, and the change has to be one; content is the file, previous the
        # SHA-256 of the file that it was made from (null: there was none). Only for root.
        method ProfileChange(
          profile: string, step: string, content: string, previous: ?string, reason: ?string
        ) -> (sha256: string)

        # One limit of a project or of one of its workloads.
        type Limit (
          name: string, workload: ?string,
          # bytes, millicores, count, per_second, microseconds, list
          unit: string,
          configured: ?string,
          # default, configuration, set, move, outside
          source: string,
          # Until what was configured holds again.
          until_ms: ?int,
          in_force: ?string, in_use: ?int, peak: ?int, hits: ?int,
          # Configured and not in force: why.
          alarm: ?string
        )
        # Percent of the last 10 s; resource: cpu, memory, io.
        type Pressure (resource: string, some: float, full: ?float)
        type Quota (project: string, limits: []Limit, pressure: []Pressure)
        method QuotaShow(project: ?string) -> (quotas: []Quota)
        # value: as people type it: 1G, 1.5, max, +1G, -1G; default: what is configured.
        type QuotaChange (project: string, workload: ?string, name: string, value: string)
        # how begins with: grows, shrinks, at once or stays.
        type QuotaStep (
          project: string, workload: ?string, name: string, from: string, to: string, how: string
        )
        # All of it or nothing. Replies when it is in force: taking memory away may last, at most
        # budget_ms (10,000) for each limit; nothing is killed for it. for_ms: then what held before
        # holds again. plan: only says what would be done. persist: it becomes part of the configuration.
        method QuotaSet(
          changes: []QuotaChange, for_ms: ?int, plan: ?bool, persist: ?bool, reason: ?string,
          budget_ms: ?int
        ) -> (transaction: int, steps: []QuotaStep)
        # via: set, move, scheduler, outside, reset, expired, booted, persist,
        # configured, undone
        type QuotaRecord (
          transaction: int, at_us: int, project: string, workload: ?string, name: string,
          from: string, to: string, actor_uid: int, via: string, reason: string, until_us: ?int
        )
        # The newest first.
        method QuotaHistory(project: ?string, limit: ?int) -> (records: []QuotaRecord)
        # Nothing was changed. Of memory that could not be taken away, in bytes: what is in use, what of
        # it could be taken, and a limit that would be done now.
        error QuotaRefused (
          project: string, message: string, hint: string,
          in_use: ?int, reclaimable: ?int, would_fit: ?int
        )

        # Processor time in thousandths of a processor, memory and disk in bytes, agents in slots.
        type Amounts (cpu: int, memory: int, disk: int, slots: int)
        # What a project has, wants and gets, and why. entitlement: what it would get if all wanted all
        # that they may have. use: when it was last looked at.
        type Share (
          project: string, priority: string, running: bool,
          guarantee: Amounts, limit: Amounts, use: ?Amounts,
          demand: Amounts, allocation: Amounts, entitlement: Amounts,
          cpu_weight: int, memory_low: int, memory_limit: ?int, slots: int,
          cpu_reason: string, memory_reason: string, limit_reason: string, slots_reason: string,
          # none, squeezed, frozen, stopped; resting: outside its work hours
          preemption: string
        )
        # Percent of the last ten seconds in which tasks stalled: of the machine for memory and I/O, for
        # processors of projects that have less than is guaranteed to them.
        type MachinePressure (cpu: float, memory: float, io: float)
        # strategy: static, fair_share, priority_based, dynamic, or a program's path. chosen: by an
        # operator, and not by the configuration. refusal: why a program is not followed.
        method ScheduleShow() -> (
          strategy: string, chosen: bool, refusal: ?string, decided_at_us: ?int,
          # From 0 to 1: Jain's index of weighted shares, and what of what could be used is given out.
          fairness: float, efficiency: float,
          running: int, waiting: int, capacity: Amounts, allocated: Amounts, demanded: Amounts,
          pressure: MachinePressure, shares: []Share
        )
        # It holds until another one is chosen; default: the configuration's.
        method ScheduleStrategy(name: string, reason: ?string) -> (strategy: string, chosen: bool)
        # outcome: done, or why it was refused.
        type ScheduleRecord (
          decision: int, at_us: int, cause: string, strategy: string, project: string,
          change: string, reason: string, outcome: string
        )
        # The newest first.
        method ScheduleHistory(project: ?string, limit: ?int) -> (records: []ScheduleRecord)
        # What a project used over a span that ended at at_us; stalls in thousandths of the span.
        type ScheduleSample (
          project: string, at_us: int, span_ms: int, cpu: int, memory: int, disk: int, slots: int,
          cpu_stall: int, memory_stall: int, io_stall: int, kills: int
        )
        # The last ones, the oldest of them first.
        method ScheduleSamples(limit: ?int) -> (samples: []ScheduleSample)
        type ScheduleChange (
          project: string, name: string, from: string, to: string, reason: string
        )
        # Divides anew. plan: only says what would be changed.
        method Optimize(plan: ?bool, reason: ?string) -> (strategy: string, changes: []ScheduleChange)
        # Why a project waits, stands still, is slow or has less than it wants; a sentence a line.
        method Why(project: string) -> (
          project: string, phase: string, strategy: string, lines: []string
        )
        # confidence: low, medium, high: less than a day was seen, less than a week, or more.
        type Advice (
          project: string, resource: string, limit: string, suggested: string,
          confidence: string, evidence: string
        )
        # Limits that should be others, by what was used.
        method Advise(project: ?string) -> (advice: []Advice)
        type Waiting (
          project: string, priority: string, waited_ms: int, ahead: int, why: string,
          guarantee: Amounts
        )
        # Those that wait for room, in the order in which they start.
        method Queue() -> (waiting: []Waiting, running: int, running_max: ?int)

        error ProjectNotFound (project: string, hint: string)
        error ServiceNotFound (project: string, service: string, hint: string)
        error RunNotFound (hint: string)
        # A verb that this phase does not know.
        error WrongPhase (project: string, phase: string, verb: string, message: string, hint: string)
        error AlreadyRegistered (project: string, hint: string)
        # The configuration is refused whole; each problem is one line with file:line:column.
        error ConfigurationInvalid (problems: []string)
        # exit_status: of a command that could not be executed, as a shell has it: 126 or 127.
        error NotStarted (project: string, message: string, hint: string, exit_status: ?int)
        error Timeout (message: string, hint: string)
        # Only root and members of the group bulkhead may call; the connection ends with this.
        error NotPermitted (message: string, hint: string)
        # Changed below since: nothing was committed. The first few of `count` paths.
        error StorageConflict (project: string, paths: []string, count: int, message: string, hint: string)
        # The profile is not what the change was made from: read it again.
        error ProfileConflict (profile: string, message: string, hint: string)
        # Anything else that failed.
        error Failed (message: string, hint: string)

        """
}
