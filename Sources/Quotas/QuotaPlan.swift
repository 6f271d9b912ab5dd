public import Plan

/// A request that may be done: what every limit is and will be.
public struct QuotaPlan: Sendable {
    public let request: QuotaRequest
    /// In the order of the request.
    public let steps: [QuotaStep]
    /// Of each project that is touched, its policy as it holds now and afterwards.
    public let before: [ProjectName: ProjectPolicy]
    public let after: [ProjectName: ProjectPolicy]

    /// Throws where anything of it cannot be: then nothing of it is.
    public init(_ request: QuotaRequest, on ground: QuotaGround) throws(QuotaRefusal) {
        self.request = request
        var steps: [QuotaStep] = []
        var before: [ProjectName: ProjectPolicy] = [:]
        var after: [ProjectName: ProjectPolicy] = [:]
        for change in request.changes {
            let target = change.target
            guard let configured = ground.policies[target.project] else {
                throw Self.noProject(target.project, ground)
            }
            let now = ground.overrides.effective(configured)
            guard let limits = now.limits(of: target.workload),
                let standard = (ground.standards[target.project] ?? configured)
                    .limits(of: target.workload)
            else { throw Self.noWorkload(target, now) }
            let value = try Self.value(change, now: limits, standard: standard)
            try Self.check(change, value, now: limits[change.name], ground)
            before[target.project] = now
            after[target.project] =
                (after[target.project] ?? now).setting(change.name, of: target, to: value)
            steps.append(
                QuotaStep(
                    target, change.name, from: limits[change.name], to: value,
                    isReset: change.order == .standard))
        }
        for (project, policy) in after.sorted(by: { $0.key < $1.key }) {
            let old = before[project].map { LimitRules.broken(by: $0) } ?? []
            if let broken = LimitRules.broken(by: policy).first(where: { !old.contains($0) }) {
                throw QuotaRefusal(project, broken.message, hint: broken.hint)
            }
        }
        try Self.checkGuarantees(steps, after, ground)
        self.steps = steps
        self.before = before
        self.after = after
    }

    /// What holds from the first moment on until all of it is decided: of each limit the lower one.
    public func floor(of project: ProjectName) -> ProjectPolicy? {
        guard let before = before[project], let after = after[project] else { return nil }
        return before.lowered(to: after)
    }

    /// The projects that it touches, in order.
    public var projects: [ProjectName] { after.keys.sorted() }

    /// Those of which it changes what they may store.
    public var storageProjects: [ProjectName] {
        Set(steps.filter { $0.name == .disk || $0.name == .inodes }.map(\.target.project)).sorted()
    }

    /// What is kept of it when it is decided. A limit that is the configuration's again has none.
    ///
    /// - Parameters:
    ///   - now: of CLOCK_MONOTONIC, in microseconds.
    ///   - at: nanoseconds since the epoch.
    public func overrides(
        over standing: Overrides, actor: UInt32, now: Int64, at: Int64
    ) -> (saved: [QuotaOverride], removed: [QuotaStep]) {
        var saved: [QuotaOverride] = []
        var removed: [QuotaStep] = []
        let until = request.lasting.map { now + Int64(clamping: $0.count) * 1_000 }
        for step in steps {
            if step.isReset || request.isPersistent {
                removed.append(step)
                continue
            }
            var beneath: LimitValue?
            // What the scheduler had moved it moves again when the time is over.
            if until != nil, let old = standing[step.target, step.name], old.via != .scheduler {
                beneath = old.until == nil ? old.value : old.beneath
            }
            saved.append(
                QuotaOverride(
                    step.target, step.name, step.after ?? .unlimited, until: until,
                    beneath: beneath, actor: actor, via: request.via, reason: request.reason,
                    at: at))
        }
        return (saved, removed)
    }

    /// What the history tells of it.
    public func records(
        transaction: Int64, actor: UInt32, now: Int64, at: Int64
    ) -> [QuotaRecord] {
        let until = request.lasting.map { now + Int64(clamping: $0.count) * 1_000 }
        return steps.map { step in
            QuotaRecord(
                transaction: transaction, at: at, target: step.target, name: step.name.text,
                from: step.from, to: step.to, actor: actor,
                via: request.isPersistent
                    ? .persist : step.isReset && !request.isScheduled ? .reset : request.via,
                reason: request.reason, until: step.isReset ? nil : until)
        }
    }

    // MARK: One change

    private static func value(
        _ change: QuotaRequest.Change, now: Limits, standard: Limits
    ) throws(QuotaRefusal) -> LimitValue? {
        if change.order == .standard { return standard[change.name] }
        do throws(InvalidValue) {
            let value = try change.order.applied(
                to: now[change.name], of: change.name, for: "\(change.target) \(change.name)")
            return value == .unlimited ? nil : value
        } catch { throw QuotaRefusal(change.target, change.name, error) }
    }

    private static func check(
        _ change: QuotaRequest.Change, _ value: LimitValue?, now: LimitValue?,
        _ ground: QuotaGround
    ) throws(QuotaRefusal) {
        let (target, name) = (change.target, change.name)
        let project = target.project
        if target.workload != nil, !name.isForWorkloads {
            throw QuotaRefusal(
                project, "\(target) \(name): is the whole project's",
                hint: "change it for the project: bulkhead quota set \(project)")
        }
        switch name {
        case .tmp, .shm:
            // One that it has can be made larger or smaller, but none can be put there or taken away.
            if ground.live.contains(project), value != now, value == nil || now == nil {
                throw QuotaRefusal(
                    project, "\(target) \(name): its size is decided when the project starts",
                    hint: "stop it first: bulkhead stop \(project)")
            }
        case .disk, .inodes: try checkStorage(project, name, value, ground)
        default: break
        }
    }

    private static func checkStorage(
        _ project: ProjectName, _ name: LimitName, _ value: LimitValue?, _ ground: QuotaGround
    ) throws(QuotaRefusal) {
        guard let storage = ground.storage[project] else {
            throw QuotaRefusal(
                project, "\(project) \(name): its storage cannot enforce it",
                hint: "give it a volume in its configuration: storage: overlay or storage: volume")
        }
        guard let most = value?.number else { return }
        let used = name == .disk ? storage.used.count : storage.inodesUsed
        if most >= used { return }
        let text = name == .disk ? "\(storage.used)" : "\(used) files"
        var largest = ""
        for path in storage.largest { largest += largest.isEmpty ? path : ", \(path)" }
        throw QuotaRefusal(
            project,
            "\(project) \(name): \(QuotaStep.text(value, of: name)) is below the \(text) "
                + "in use" + (largest.isEmpty ? "" : ", most of it in \(largest)"),
            hint: "remove files first, or give it more: bulkhead rescue \(project)")
    }

    // MARK: All of them

    private static func checkGuarantees(
        _ steps: [QuotaStep], _ after: [ProjectName: ProjectPolicy], _ ground: QuotaGround
    ) throws(QuotaRefusal) {
        var memory: UInt128 = 0
        var processors: UInt128 = 0
        for (name, configured) in ground.policies where configured.status != .archived {
            let limits = after[name]?.limits ?? ground.overrides.limits(of: configured)
            memory += UInt128(limits.memoryMin?.count ?? 0)
            processors += UInt128(limits.cpuMin?.millicores ?? 0)
        }
        for step in steps where step.how == .grows {
            let project = step.target.project
            if step.name == .memoryMin, memory > UInt128(ground.memory.count) {
                throw QuotaRefusal(
                    project,
                    "\(project) memory_min: with it \(Bytes(UInt64(clamping: memory))) are "
                        + "guaranteed, and this machine has \(ground.memory)",
                    hint: "guarantee less")
            }
            if step.name == .cpuMin, processors > UInt128(ground.processors.millicores) {
                let sum = CPUBandwidth(millicores: UInt32(clamping: processors))
                throw QuotaRefusal(
                    project,
                    "\(project) cpu_min: with it \(sum) processors are guaranteed, and this "
                        + "machine has \(ground.processors)", hint: "guarantee less")
            }
        }
    }

    // MARK: Names

    private static func noProject(
        _ project: ProjectName, _ ground: QuotaGround
    ) -> QuotaRefusal {
        let near = nearest(to: project.text, in: ground.policies.keys.map(\.text).sorted())
        return QuotaRefusal(
            project, "there is no project \(quoted(project.text))",
            hint: near.map { "did you mean \($0)?" } ?? "list them with: bulkhead projects")
    }

    private static func noWorkload(_ target: QuotaTarget, _ policy: ProjectPolicy) -> QuotaRefusal {
        let names = policy.services.map(\.name.text) + policy.tasks.map(\.name.text)
        let near = nearest(to: target.workload?.text ?? "", in: names)
        return QuotaRefusal(
            target.project,
            "\(target.project) has no service or task "
                + quoted(target.workload?.text ?? ""),
            hint: near.map { "did you mean \($0)?" }
                ?? "see its services with: bulkhead status \(target.project)")
    }
}

extension ProjectPolicy {
    fileprivate func setting(
        _ name: LimitName, of target: QuotaTarget, to value: LimitValue?
    ) -> ProjectPolicy {
        var result = self
        guard let workload = target.workload else {
            result.limits[name] = value
            return result
        }
        if let index = services.firstIndex(where: { $0.name == workload }) {
            result.services[index].limits[name] = value
        } else if let index = tasks.firstIndex(where: { $0.name == workload }) {
            result.tasks[index].limits[name] = value
        }
        return result
    }
}
