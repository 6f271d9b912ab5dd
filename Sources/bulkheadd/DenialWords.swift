internal import Audit
internal import Plan
internal import Seccomp
internal import Supervision
internal import Tracing

/// What was denied, in words.
extension Supervisor {
    func tell(_ news: DenialAccount.News, _ watch: DenialWatch) {
        let denial: Denial
        switch news {
        case .first(let first): denial = first
        case .more(let sum): denial = sum.mostly
        }
        guard let followed = watch.runs[denial.key.cgroup], let run = runs[followed.run] else {
            return
        }
        func name(_ key: Denial.Key) -> String { key.callName(followed.filter) }
        let text: String
        var after = ""
        let count: UInt64
        switch news {
        case .first(let first):
            count = first.count
            text = "\(printable(first.command)) (pid \(first.pid)) called \(name(first.key))"
        case .more(let sum):
            count = sum.count
            text =
                sum.calls == 1
                ? "\(count) more such \(count == 1 ? "call" : "calls"), of \(name(denial.key))"
                : "\(count) more such calls, of \(sum.calls) kinds, mostly \(name(denial.key))"
            // Last, for a record that is too long is cut.
            if !sum.new.isEmpty { after = "; new: \(names(sum.new.map(name)))" }
        }
        let profile = printable(followed.profile)
        var details = [
            ReportDetail(AuditField.call, name(denial.key)),
            ReportDetail(AuditField.command, printable(denial.command)),
            ReportDetail(AuditField.count, String(count)),
            ReportDetail(AuditField.objectPID, String(denial.pid)),
            ReportDetail(AuditField.result, denial.result),
        ]
        if denial.source != .ownFilter {
            details.append(ReportDetail(AuditField.profile, profile))
        }
        note(
            Report(
                project: run.project, service: run.workload, run: run.id,
                severity: denial.source == .missing ? .info : .warning, kind: "seccomp.denied",
                text: "\(text): \(denial.key.answer) by \(denial.source.words(profile))\(after)",
                details: details))
    }

    /// Each once; a call may have been answered in several ways.
    private func names(_ all: [String]) -> String {
        var seen: Set<String> = []
        return commaSeparated(all.filter { seen.insert($0).inserted })
    }
}

extension Denial {
    /// `refused`; what a program's own filter did is never to be taken for what the profile does.
    fileprivate var result: String {
        switch source {
        case .profile, .missing: key.answer
        case .ownFilter: "\(key.answer) by a filter of its own"
        case .either: "\(key.answer) by the profile or a filter of its own"
        }
    }
}

extension Denial.Source {
    fileprivate func words(_ profile: String) -> String {
        switch self {
        case .profile: "the profile \(profile)"
        case .missing: "the profile \(profile), as a kernel that has not got it"
        case .ownFilter: "a filter of its own"
        case .either: "the profile \(profile) or a filter of its own"
        }
    }
}

extension Denial.Key {
    /// `ptrace`
    fileprivate func callName(_ filter: SeccompProgram?) -> String {
        guard let call else { return "a call that does not exist" }
        if call == Denial.others { return "calls of further kinds" }
        let origin = filter?.origin(of: call, answered: action) ?? .x86_64
        return systemCallName(call, architecture: origin.rawValue) ?? "call \(call)"
    }

    /// `refused`: SECCOMP_RET_… of linux/seccomp.h.
    fileprivate var answer: String {
        switch action & 0xffff_0000 {
        case 0x8000_0000: "process killed"
        case 0: "thread killed"
        case 0x3_0000: "SIGSYS"
        // With which error the kernel does not say there.
        case 0x5_0000: "refused"
        case 0x7fc0_0000: "put to a listener"
        case 0x7ff0_0000: "put to a tracer"
        case 0x7ffc_0000: "allowed for now"
        default: "action \(action)"
        }
    }
}
