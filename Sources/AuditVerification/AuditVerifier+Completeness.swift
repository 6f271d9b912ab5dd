extension AuditVerifier {
    /// Looks whether what began has its end, and whether each change begins where the last one ended.
    ///
    /// Only what contradicts itself is a finding: a run without an end is open, unless its sandbox is
    /// known to have ended, or a supervisor has started since, has said that it took over all that it could, and
    /// did not take this one.
    ///
    /// - Returns: what is open, in words.
    func judgeCompleteness(_ state: ChainState) -> [String] {
        struct Open {
            var step: ChainState.Step
            /// How often the supervisor had started.
            var starts: Int
        }
        struct Key: Hashable {
            var subject: UInt16
            var number: UInt64
        }
        if state.stepsLeftOut > 0 {
            notes.append("chain \(state.id) has too many steps to look whether all are complete")
            return []
        }
        var runs: [Key: Open] = [:]
        var sandboxes: [UInt16: Open] = [:]
        var ended: [UInt16: UInt64] = [:]
        var lastAdopted: [UInt16: Int] = [:]
        var values: [UInt16: UInt64] = [:]
        var limits: [String: Set<UInt16>] = [:]
        var starts = 0
        // The last start that went so far that every sandbox was taken over or ended.
        var reconciled = 0
        // What was sent once more stands elsewhere; what stands twice counts once.
        var before: UInt64 = 0
        for step in state.steps.sorted(by: { $0.sequence < $1.sequence }) {
            if step.sequence == before { continue }
            before = step.sequence
            // One of too many to be told apart.
            switch step.kind {
            case .supervisorStarted, .supervisorReconciled: break
            default: if step.subject == NameTable.beyond { continue }
            }
            let key = Key(subject: step.subject, number: step.number)
            switch step.kind {
            case .supervisorStarted: starts += 1
            case .supervisorReconciled: reconciled = starts
            case .runStarted: runs[key] = Open(step: step, starts: starts)
            case .runEnded: runs[key] = nil
            case .sandboxLaunched:
                sandboxes[step.subject] = Open(step: step, starts: starts)
                // The limits begin with the policy's again.
                for subject in limits[subjects[step.subject]] ?? [] { values[subject] = nil }
            case .sandboxEnded:
                sandboxes[step.subject] = nil
                ended[step.subject] = step.sequence
            case .sandboxAdopted: lastAdopted[step.subject] = starts
            case .quotaLost: values[step.subject] = nil
            case .quotaChanged:
                if let value = values[step.subject], value != step.number {
                    incomplete(
                        state, step,
                        "the limit \(subjects[step.subject]) changes from a value that no record "
                            + "put in force")
                }
                values[step.subject] = step.to
                limits[project(ofLimit: step.subject), default: []].insert(step.subject)
            }
        }
        var open: [(sequence: UInt64, text: String)] = []
        for (key, run) in runs {
            let project = subjects[key.subject]
            let isGone = ended[key.subject].map { $0 > run.step.sequence } ?? false
            let isLeft =
                reconciled > run.starts && (lastAdopted[key.subject] ?? -1) < reconciled
            if isGone || isLeft {
                incomplete(
                    state, run.step,
                    "run \(key.number) of \(project) has no end, and "
                        + (isGone
                            ? "its sandbox has ended"
                            : "the supervisor that started since did not take it over"))
            } else {
                open.append((run.step.sequence, "run \(key.number) of \(project)"))
            }
        }
        for (subject, sandbox) in sandboxes {
            let project = subjects[subject]
            if reconciled > sandbox.starts && (lastAdopted[subject] ?? -1) < reconciled {
                incomplete(
                    state, sandbox.step,
                    "the sandbox of \(project) has no end, and the supervisor that started since "
                        + "did not take it over")
            } else {
                open.append((sandbox.step.sequence, "the sandbox of \(project)"))
            }
        }
        return open.sorted { $0.sequence < $1.sequence }.map(\.text)
    }

    private func incomplete(_ state: ChainState, _ step: ChainState.Step, _ text: String) {
        findings.add(
            .incomplete, state.id, step.sequence...step.sequence, entry: UInt64(step.entry), at: 0,
            text)
    }

    /// Subjects of limits are `PROJECT LIMIT` and `PROJECT/WORKLOAD LIMIT`.
    private func project(ofLimit subject: UInt16) -> String {
        let name = subjects[subject].utf8
        return String(
            name.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "/") }) ?? ""
    }
}
