import Plan
import Supervision
import Testbed

extension World {
    /// SIGKILL while something happens: before it was written down, or after that and after some of
    /// the deeds. Then another supervisor finds what there is.
    mutating func killSupervisor() throws {
        let event = try event()
        if random.oneIn(2) {
            switch event {
            // What ended stays ended, and is told again. The rest was never heard of.
            case .admitted, .preempted, .hoursBegan, .machineEased, .runEnded, .sandboxEnded,
                .sandboxLaunched, .sandboxRefused,
                .runStarted,
                .runRefused, .configured, .requested, .notified, .probed, .held, .shutDown,
                .timePassed:
                break
            }
        } else {
            try tell(event, deedsMax: random.below(4))
        }
        fleet = try restored()
        held = []
        asking = []
        try adopt()
        // Once more, with the freezer looked at.
        try tell(.timePassed)
    }

    func restored(at moment: Moment? = nil) throws -> Fleet {
        Fleet(
            restoring: policies, records: records.values.sorted { $0.name < $1.name },
            nextRun: RunID(rawValue: latestRun + 1_000), seed: seed, at: moment ?? now,
            sameBoot: true, isGated: placesMax != nil)
    }

    /// Tells the new fleet what became of everything in its records.
    private mutating func adopt() throws {
        isRepeating = true
        defer { isRepeating = false }
        for id in runs.keys { runs[id]?.probes = [] }
        for name in records.keys.sorted() {
            guard let record = records[name] else { continue }
            try adoptSandbox(record)
            for service in records[name]?.services ?? [] {
                guard let id = service.run else { continue }
                try adoptRun(id)
            }
        }
        let known = Set(records.values.flatMap { $0.services.compactMap(\.run) })
        for id in runs.keys.sorted() {
            try check(known.contains(id), "run \(id) is in no record")
        }
        try tell(.timePassed)
    }

    private mutating func adoptSandbox(_ record: ProjectRecord) throws {
        let name = record.name
        // Half made, half ended: the new supervisor undoes it, or finds the other half done.
        switch sandboxes[name] {
        case .launching: sandboxes[name] = nil
        case .ending: sandboxes[name] = random.oneIn(2) ? .up : nil
        case .up, nil: break
        }
        if sandboxes[name] == nil {
            runs = runs.filter { $0.value.project != name }
            frozen.remove(name)
        }
        switch record.stage {
        case .none: try check(sandboxes[name] == nil, "the sandbox of \(name) is in no record")
        case .launching:
            try tell(
                sandboxes[name] == .up
                    ? .sandboxLaunched(name) : .sandboxEnded(name, reason: "half made"))
        case .up, .draining, .ending:
            if sandboxes[name] == nil { try tell(.sandboxEnded(name, reason: "gone")) }
        }
    }

    private mutating func adoptRun(_ id: RunID) throws {
        guard let run = runs[id] else {
            // Never asked for, or its end was heard of and not written down.
            try tell(
                random.oneIn(2)
                    ? .runRefused(id, reason: "never started") : .runEnded(id, .exited(code: 1)))
            return
        }
        if run.isAlive {
            runs[id]?.isTold = true
            try tell(.runStarted(id))
        }
    }

    // MARK: Comparing

    /// Whether a fleet restored from what is stored now, and told that everything is as it was, shows
    /// the same as the one there is.
    func checkRestored() throws {
        // That somebody holds one is not: it ends with the supervisor.
        if !held.isEmpty { return }
        var other = try restored()
        for record in records.values.sorted(by: { $0.name < $1.name }) {
            for service in record.services {
                guard let id = service.run, runs[id]?.isTold == true else { continue }
                let deeds = deeds(try other.apply(.runStarted(id), at: now))
                // Sent again, since nobody knows whether it was sent.
                let isStopping = deeds.count == 1 && service.phase == "stopping"
                try check(deeds.isEmpty || isStopping, "adopting run \(id) leads to \(deeds)")
            }
        }
        _ = try other.apply(.timePassed, at: now)
        // What is not configured any more is ended without its policy, and so in no order.
        for view in fleet.views where view.goal != .removed {
            let name = view.policy.name
            try same(
                Optional(view.withoutChecks), other.view(of: name)?.withoutChecks, "view of \(name)"
            )
            // A launch that is no longer wanted may be ended at once by the next supervisor.
            if records[name]?.stage == .draining, records[name]?.upSince == nil { continue }
            try same(records[name], other.record(of: name), "record of \(name)")
        }
        try check(fleet.views.count == other.views.count, "not as many are restored")
    }

    private func deeds(_ effects: [Effect]) -> [Effect] {
        effects.filter {
            switch $0 {
            case .report, .store, .forget, .admit: false
            default: true
            }
        }
    }
}

extension ProjectView {
    /// Without what is asked anew after a restart of the supervisor.
    var withoutChecks: ProjectView {
        var view = self
        for index in view.services.indices {
            view.services[index].checks = []
            view.services[index].health = .unknown
        }
        return view
    }
}
