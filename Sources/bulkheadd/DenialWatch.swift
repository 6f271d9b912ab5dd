internal import EventLoop
internal import Journal
internal import Launch
internal import Observing
internal import Plan
internal import Seccomp
internal import Supervision
internal import Syscalls
internal import Tracing

/// What filters deny in sandboxes, told with names: the kernel counts, and once a second it is looked at
/// what was counted. Where there is no sandbox nothing is counted and nobody looks.
final class DenialWatch {
    let tracer: DenialTracer
    fileprivate var account = DenialAccount()
    /// By the inode number of their cgroups' directories.
    private(set) var runs: [UInt64: FollowedRun] = [:]
    fileprivate var timer: TimerSource?
    fileprivate var isResting = false
    /// 0: nowhere.
    fileprivate var scope: UInt64 = 0
    /// Those that ended processes, by cgroup, the latest last: the kernel's log has no word of it.
    private var kills: [UInt64: [Denial]] = [:]
    /// Whose answer each is, as far as that was found out.
    private var sources: [Denial.Key: Denial.Source] = [:]
    /// Cgroups that are no run's, and how often they were seen.
    private var strangers: [UInt64: Int] = [:]
    var health = DenialHealth()

    static let pause: Int64 = 1_000_000
    /// A cgroup that is no run's for so many looks is forgotten.
    private static let looksMax = 2

    init() throws(DenialsUnseen) { tracer = try DenialTracer() }

    /// What keeps it from seeing all; nil: nothing.
    var trouble: String? { health.trouble }

    // MARK: Runs

    func follow(_ cgroup: UInt64, _ run: FollowedRun) {
        if runs[cgroup]?.run != run.run { runs[cgroup] = run }
    }

    func cgroups(of run: RunID) -> [UInt64] {
        runs.filter { $0.value.run == run }.map(\.key)
    }

    func hasStrangers(_ found: [Denial]) -> Bool {
        found.contains { runs[$0.key.cgroup] == nil }
    }

    /// Those of runs that are known, each with whose answer it was.
    fileprivate func sorted(_ found: [Denial]) -> [Denial] {
        var result: [Denial] = []
        for var denial in found {
            guard let run = runs[denial.key.cgroup] else { continue }
            let source = sources[denial.key] ?? run.source(of: denial.key)
            sources[denial.key] = source
            denial.source = source
            if denial.key.isKill { note(kill: denial) }
            result.append(denial)
        }
        return result
    }

    private func note(kill: Denial) {
        var known = kills[kill.key.cgroup] ?? []
        if let index = known.firstIndex(where: { $0.key == kill.key }) {
            if known[index].count == kill.count { return }
            known.remove(at: index)
        }
        known.append(kill)
        kills[kill.key.cgroup] = known
    }

    /// - Parameter isItsEnd: it ended as the filter's kills end; else only a kill of its first process
    ///   is told.
    func kill(of run: RunID, first pid: Int32?, isItsEnd: Bool) -> Denial? {
        let found = cgroups(of: run).flatMap { kills[$0] ?? [] }
        return found.last { $0.pid == pid } ?? (isItsEnd ? found.last : nil)
    }

    // MARK: Forgetting

    /// - Returns: what was not told yet of a run that is over.
    fileprivate func end(_ cgroup: UInt64) -> [DenialAccount.News] {
        let (last, keys) = account.end(cgroup)
        // What is left of it belongs to nobody, and goes with the next looks.
        try? tracer.forget(cgroup, keys)
        for key in keys { sources[key] = nil }
        kills[cgroup] = nil
        return last
    }

    fileprivate func unfollow(_ cgroup: UInt64) { runs[cgroup] = nil }

    /// What never gets a name was none of a run that lives: a late word of one that is over, or of
    /// `bulkhead run`. It makes room.
    fileprivate func forgetStrangers(_ found: [Denial]) throws(SystemCallError) {
        var seen: [UInt64: [Denial.Key]] = [:]
        for denial in found where runs[denial.key.cgroup] == nil {
            seen[denial.key.cgroup, default: []].append(denial.key)
        }
        strangers = strangers.filter { seen[$0.key] != nil }
        for (cgroup, keys) in seen {
            let looks = strangers[cgroup, default: 0] + 1
            strangers[cgroup] = looks
            if looks < Self.looksMax { continue }
            try tracer.forget(cgroup, keys)
            strangers[cgroup] = nil
        }
    }

    /// Counts nothing more, and keeps nothing.
    fileprivate func rest() throws(SystemCallError) {
        isResting = true
        try tracer.setScope(0)
        scope = 0
        try tracer.forgetAll()
        strangers = [:]
    }
}

/// Whose cgroup it is, and by what its calls are filtered.
struct FollowedRun {
    let run: RunID
    let profile: String
    /// Nil where it cannot be made any more.
    let filter: SeccompProgram?
    /// This supervisor installed it; else its profile may have been another then.
    let isCertain: Bool

    func source(of key: Denial.Key) -> Denial.Source {
        // More kinds than a profile refuses: the program has filters of its own, and may hide there.
        guard let filter, key.call != Denial.others else { return .either }
        switch filter.gives(key.action, to: key.call) {
        case true?:
            return filter.saysMissing(to: key.call, answering: key.action) ? .missing : .profile
        case false?: return isCertain ? .ownFilter : .either
        case nil: return .either
        }
    }
}

extension Supervisor {
    /// Begins to watch; where the kernel gives no way to, that is said once and everything else works.
    func beginDenialWatch() {
        do throws(DenialsUnseen) {
            let watch = try DenialWatch()
            denials = watch
            do throws(DenialsUnseen) { try DenialHealth.keepFromAudit() } catch {
                denials = nil
                watch.tracer.detach()
                throw error
            }
            watch.timer = try? loop.timer(accuracyMicroseconds: 100_000) { [unowned self] in
                denialsAreDue(watch)
            }
            watch.timer?.set(at: loop.now)
        } catch {
            denialsUnseen = error
            journal.say(error.message, severity: .warning, kind: "supervisor.note")
        }
    }

    /// What comes of a new sandbox is to be seen from its first call on.
    func followDenials(_ held: HeldSandbox) {
        guard let denials else { return }
        held.sandbox.logsDenials = true
        followScope(denials)
        if denials.isResting {
            denials.isResting = false
            denials.timer?.set(at: loop.now + DenialWatch.pause)
        }
    }

    private func denialsAreDue(_ watch: DenialWatch) {
        // It could not go on.
        guard denials === watch else { return }
        do throws(SystemCallError) {
            if sandboxes.isEmpty { return try watch.rest() }
            if let found = lookAtDenials() {
                try watch.forgetStrangers(found)
                for entry in try watch.health.look(watch.tracer, found, at: loop.now) {
                    recordOrKeep(entry)
                }
            }
            watch.timer?.set(at: loop.now + DenialWatch.pause)
        } catch { denialsFailed(error) }
    }

    private func followScope(_ watch: DenialWatch) {
        guard let path = host.commonPath, let status = try? FileStatus(path: path),
            status.inode != watch.scope
        else { return }
        do throws(SystemCallError) {
            try watch.tracer.setScope(status.inode)
            watch.scope = status.inode
        } catch { denialsFailed(error) }
    }

    /// - Parameter namingAll: learns the cgroups of all runs, also where nothing was denied in them yet.
    /// - Returns: all that the table holds.
    @discardableResult
    func lookAtDenials(namingAll: Bool = false) -> [Denial]? {
        guard let watch = denials, !watch.isResting else { return nil }
        if !sandboxes.isEmpty { followScope(watch) }
        do throws(SystemCallError) {
            try watch.tracer.followProcessors()
            let found = try watch.tracer.read()
            if namingAll || watch.hasStrangers(found) { nameCgroups(watch) }
            let named = watch.sorted(found)
            for news in watch.account.take(named, at: monotonicMicroseconds()) { tell(news, watch) }
            return found
        } catch {
            denialsFailed(error)
            return nil
        }
    }

    /// A run is over, and its cgroup still there: the last that it was denied. What it left there is
    /// ended first, so that nothing comes after.
    func endDenials(of run: HeldRun) {
        guard let watch = denials else { return }
        killRun(run.id)
        lookAtDenials()
        for cgroup in watch.cgroups(of: run.id) {
            for news in watch.end(cgroup) { tell(news, watch) }
            watch.unfollow(cgroup)
        }
    }

    /// The process that a filter ended in a run, as the kernel's log would have it.
    func seccompKill(
        of run: HeldRun, in held: HeldSandbox, isItsEnd: Bool
    ) -> SeccompKill? {
        guard let watch = denials else { return nil }
        lookAtDenials()
        guard let kill = watch.kill(of: run.id, first: run.pid, isItsEnd: isItsEnd) else {
            return nil
        }
        let filter = watch.runs[kill.key.cgroup]?.filter
        let origin = filter?.origin(of: kill.key.call, answered: kill.key.action)
        return SeccompKill(
            hostPID: kill.pid, user: held.sandbox.record.range.host(0), call: kill.key.call ?? -1,
            architecture: (origin ?? .x86_64).rawValue,
            byOwnFilter: kill.source == .either ? nil : kill.source == .ownFilter)
    }

    /// Before the supervisor ends: what it has not told, the next one does not know.
    func tellLastDenials() {
        guard let watch = denials else { return }
        lookAtDenials()
        tellRest(of: watch)
    }

    private func tellRest(of watch: DenialWatch) {
        for news in watch.account.rest(at: monotonicMicroseconds()) { tell(news, watch) }
    }

    private func nameCgroups(_ watch: DenialWatch) {
        for run in runs.values {
            if let held = sandboxes[run.project] { followDenials(of: run, in: held) }
        }
    }

    /// Learns its cgroup while that is there: a sandbox may be lost at once.
    func followDenials(of run: HeldRun, in held: HeldSandbox) {
        guard let watch = denials,
            let status = try? FileStatus(path: held.sandbox.directory(of: run.id))
        else { return }
        let profile = held.policy.seccompProfile
        let own = held.sandbox.filter(of: run.id)
        watch.follow(
            status.inode,
            FollowedRun(
                run: run.id, profile: profile,
                filter: own ?? (try? held.sandbox.filter(profile)), isCertain: own != nil))
    }

    private func denialsFailed(_ error: SystemCallError) {
        if let denials { tellRest(of: denials) }
        denials?.tracer.detach()
        denials = nil
        let unseen = DenialsUnseen.failed("\(error)")
        denialsUnseen = unseen
        journal.say(unseen.message, severity: .warning, kind: "supervisor.note")
    }
}
