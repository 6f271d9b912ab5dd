internal import Audit
internal import Cgroups
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
/// what was counted.
final class DenialWatch {
    fileprivate let tracer: DenialTracer
    fileprivate var account = DenialAccount()
    /// By the inode number of their cgroups' directories.
    fileprivate var runs: [UInt64: RunID] = [:]
    fileprivate var timer: TimerSource?
    fileprivate var scope: UInt64 = 0
    /// Ended by their filters, the last of them: the kernel's log has no word of it any more.
    fileprivate var kills: [Denial] = []

    static let pause: Int64 = 1_000_000
    static let killsMax = 256

    init() throws(DenialsUnseen) { tracer = try DenialTracer() }
}

extension Supervisor {
    /// Begins to watch; where the kernel gives no way to, that is said once and everything else works.
    func beginDenialWatch() {
        do throws(DenialsUnseen) {
            let watch = try DenialWatch()
            denials = watch
            // Ours to tell: without this each of them would be a line of the journal as well.
            do throws(SystemCallError) {
                try excludeFromAudit(users: IDRange.allUsers)
            } catch {
                denials = nil
                watch.tracer.detach()
                throw DenialsUnseen.flooding("\(error)")
            }
            watch.timer = try? loop.timer(accuracyMicroseconds: 100_000) { [unowned self] in
                lookAtDenials()
                watch.timer?.set(at: loop.now + DenialWatch.pause)
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

    func lookAtDenials() {
        guard let watch = denials, !sandboxes.isEmpty else { return }
        followScope(watch)
        do throws(SystemCallError) {
            try watch.tracer.followProcessors()
            let found = try watch.tracer.read()
            if found.contains(where: { watch.runs[$0.key.cgroup] == nil }) { nameCgroups(watch) }
            // What has no name yet is not told; what never gets one was none of ours.
            let named = found.filter { watch.runs[$0.key.cgroup] != nil }
            for denial in named where denial.key.isKill && !watch.kills.contains(denial) {
                watch.kills.append(denial)
                if watch.kills.count > DenialWatch.killsMax { watch.kills.removeFirst() }
            }
            for news in watch.account.take(named, at: monotonicMicroseconds()) { tell(news, watch) }
        } catch { denialsFailed(error) }
    }

    /// A run is over, and its cgroup still there: the last that it was denied.
    func endDenials(of run: HeldRun) {
        guard let watch = denials else { return }
        lookAtDenials()
        for (cgroup, _) in watch.runs.filter({ $0.value == run.id }) {
            let (last, keys) = watch.account.end(cgroup)
            if let last { tell(last, watch) }
            for key in keys { try? watch.tracer.forget(key) }
            watch.runs[cgroup] = nil
        }
    }

    /// The process that the run's filter ended, as the kernel's log would have it.
    func seccompKill(of run: HeldRun, in held: HeldSandbox) -> SeccompKill? {
        guard let watch = denials, let pid = run.pid else { return nil }
        lookAtDenials()
        guard let kill = watch.kills.last(where: { $0.pid == pid }) else { return nil }
        let profile = fleet.policy(of: run.project)?.seccompProfile ?? ""
        let resolved = try? host.resources.profiles.profile(for: profile)
        let call = kill.key.call ?? -1
        return SeccompKill(
            hostPID: pid, user: held.sandbox.record.range.host(0), call: call,
            architecture: resolved?.architecture(ofKilled: call) ?? 0)
    }

    private func nameCgroups(_ watch: DenialWatch) {
        for run in runs.values {
            guard let held = sandboxes[run.project],
                let status = try? FileStatus(path: held.sandbox.directory(of: run.id))
            else { continue }
            watch.runs[status.inode] = run.id
        }
    }

    private func denialsFailed(_ error: SystemCallError) {
        denials?.tracer.detach()
        denials = nil
        let unseen = DenialsUnseen.failed("\(error)")
        denialsUnseen = unseen
        journal.say(unseen.message, severity: .warning, kind: "supervisor.note")
    }

    // MARK: Telling

    private func tell(_ news: DenialAccount.News, _ watch: DenialWatch) {
        let denial: Denial
        let text: String
        let count: UInt64
        switch news {
        case .first(let first):
            denial = first
            count = first.count
            text = "\(printable(denial.command)) (pid \(denial.pid)) called \(denial.callName)"
        case .more(_, let more, let calls, let mostly):
            denial = mostly
            count = more
            text = "\(more) more such calls, of \(calls) kinds, mostly \(denial.callName)"
        }
        guard let id = watch.runs[denial.key.cgroup], let run = runs[id] else { return }
        let profile = fleet.policy(of: run.project)?.seccompProfile ?? ""
        note(
            Report(
                project: run.project, service: run.workload, run: run.id, severity: .warning,
                kind: "seccomp.denied",
                text: "\(text): \(denial.key.answer) by the profile \(printable(profile))",
                details: [
                    ReportDetail(AuditField.call, denial.callName),
                    ReportDetail(AuditField.command, printable(denial.command)),
                    ReportDetail(AuditField.profile, printable(profile)),
                    ReportDetail(AuditField.count, String(count)),
                    ReportDetail(AuditField.objectPID, String(denial.pid)),
                    ReportDetail(AuditField.result, denial.key.answer),
                ]))
    }
}

extension Denial {
    /// `ptrace`
    fileprivate var callName: String {
        guard let call = key.call else { return "a call that does not exist" }
        return systemCallName(call, architecture: 0xc000_003e) ?? "call \(call)"
    }
}

extension Denial.Key {
    fileprivate var isKill: Bool { action == 0 || action == 0x8000_0000 || action == 0x3_0000 }

    /// `refused`: SECCOMP_RET_… of linux/seccomp.h.
    fileprivate var answer: String {
        switch action & 0xffff_0000 {
        case 0x8000_0000: "process killed"
        case 0: "thread killed"
        case 0x3_0000: "SIGSYS"
        // With which error the kernel does not say there.
        case 0x5_0000: "refused"
        case 0x7ffc_0000: "allowed for now"
        default: "action \(action)"
        }
    }
}

extension DenialsUnseen {
    static func flooding(_ reason: String) -> DenialsUnseen {
        DenialsUnseen(
            message: "system calls that are denied are not named, for each would be a line of the "
                + "audit log as well: \(reason)",
            hint: "the supervisor needs CAP_AUDIT_CONTROL")
    }

    static func failed(_ reason: String) -> DenialsUnseen {
        DenialsUnseen(
            message: "system calls that are denied are named no more: \(reason)",
            hint: "restart the supervisor: systemctl restart bulkhead")
    }
}
