internal import Cgroups
internal import EventLoop
internal import Launch
internal import Plan
internal import Quotas
internal import Syscalls

/// Takes memory away from live projects, one limit after the other, in steps from the loop: everybody
/// else is served in between. `Squeeze` decides; this measures and does.
final class MemoryShrink {
    /// A limit on memory that is to be lowered.
    struct Goal {
        let target: QuotaTarget
        /// Nil: the whole project's.
        let run: RunID?
        let held: HeldSandbox
        let bytes: Bytes
        /// Whether it is `memory.max`, which kills, or `memory.high`, which does not.
        let isHard: Bool
    }

    private unowned let supervisor: Supervisor
    private var goals: [Goal]
    private let budget: Int64
    /// Called once: with what could not be lowered, and why; with nil where all could.
    private let whenDone: ((goal: Goal, shortage: Shortage)?) -> Void
    private var squeeze: Squeeze?
    /// What `memory.high` was when the current goal was begun.
    private var highBefore: Bytes?
    private var timer: TimerSource?

    /// Begins with the first turn of the loop.
    init(
        _ goals: [Goal], budget: Milliseconds, _ supervisor: Supervisor,
        whenDone: @escaping ((goal: Goal, shortage: Shortage)?) -> Void
    ) throws(SystemCallError) {
        self.supervisor = supervisor
        self.goals = goals
        self.budget = Int64(clamping: budget.count) * 1_000
        self.whenDone = whenDone
        timer = try supervisor.loop.timer { [unowned self] in advance() }
        timer?.set(at: supervisor.loop.now)
    }

    /// One thing at a time: reclaiming takes milliseconds.
    private func advance() {
        guard let goal = goals.first else { return end(nil) }
        // One that ended, or was launched anew, has the limits that hold meanwhile.
        guard supervisor.sandboxes[goal.target.project] === goal.held, !goal.held.isEnding,
            let state = goal.held.sandbox.memoryState(of: goal.run)
        else { return next() }
        if squeeze == nil {
            highBefore = state.high
            squeeze = Squeeze(
                to: goal.bytes, highBefore: state.high,
                canReclaim: goal.held.sandbox.canReclaimMemory,
                isHard: goal.isHard, budget: budget)
        }
        let seen = Squeeze.Measurement(
            now: monotonicMicroseconds(), current: state.current,
            unreclaimable: MemoryInUse(state).unreclaimable, stalled: state.stalled,
            isFrozen: goal.held.sandbox.isFrozen)
        guard let action = squeeze?.next(seen) else { return }
        perform(action, goal)
    }

    private func perform(_ action: Squeeze.Action, _ goal: Goal) {
        let sandbox = goal.held.sandbox
        var pause: Int64 = 0
        switch action {
        case .setHigh(let bytes):
            // Without it more is allocated meanwhile, which is seen.
            try? sandbox.setMemoryHigh(bytes, of: goal.run)
        case .reclaim(let bytes): sandbox.reclaimMemory(bytes, of: goal.run)
        case .wait(let microseconds): pause = microseconds
        case .freeze:
            if !goal.held.isFrozenByOrder { sandbox.askToFreeze(true) }
        case .thaw:
            if !goal.held.isFrozenByOrder { sandbox.askToFreeze(false) }
        case .commit:
            do throws(LaunchError) { try sandbox.setMemoryMax(goal.bytes, of: goal.run) } catch {
                squeeze?.commitFailed()
            }
        case .end(.fits): return next()
        case .end(.refused(let shortage)): return end((goal, shortage))
        }
        timer?.set(at: monotonicMicroseconds() + pause)
    }

    /// Ends in the middle, with everything as it was; nobody is told.
    func cancel() {
        guard timer != nil else { return }
        timer = nil
        guard squeeze != nil, let goal = goals.first else { return }
        // Where that fails the project is ending.
        try? goal.held.sandbox.setMemoryHigh(highBefore, of: goal.run)
        if !goal.held.isFrozenByOrder { goal.held.sandbox.askToFreeze(false) }
    }

    private func next() {
        squeeze = nil
        goals.removeFirst()
        timer?.set(at: supervisor.loop.now)
    }

    private func end(_ failure: (goal: Goal, shortage: Shortage)?) {
        timer = nil
        whenDone(failure)
    }
}

extension MemoryInUse {
    init(_ state: MemoryState) {
        self.init(
            current: state.current, file: state.file, anonymous: state.anonymous,
            slab: state.slab, swapRoom: state.swapRoom)
    }
}

extension Supervisor {
    /// The limits on memory that `policy` has and that are below what the kernel says now, those of
    /// runs before their project's.
    func memoryGoals(of project: ProjectName, to policy: ProjectPolicy) -> [MemoryShrink.Goal] {
        guard let held = sandboxes[project], !held.isEnding else { return [] }
        var goals: [MemoryShrink.Goal] = []
        func add(_ target: QuotaTarget, _ run: RunID?, _ limits: Limits) {
            guard let state = held.sandbox.memoryState(of: run) else { return }
            if let most = limits.memoryMax, state.max.map({ most < $0 }) ?? true {
                goals.append(
                    MemoryShrink.Goal(
                        target: target, run: run, held: held, bytes: most, isHard: true))
            } else if let high = limits.memoryHigh, state.high.map({ high < $0 }) ?? true,
                high < state.current
            {
                goals.append(
                    MemoryShrink.Goal(
                        target: target, run: run, held: held, bytes: high, isHard: false))
            }
        }
        for run in runs.values.sorted(by: { $0.id.rawValue < $1.id.rawValue })
        where run.project == project {
            guard let limits = limits(of: run, in: policy) else { continue }
            add(QuotaTarget(project, run.task ?? run.workload), run.id, limits)
        }
        add(QuotaTarget(project), nil, policy.limits)
        return goals
    }
}
