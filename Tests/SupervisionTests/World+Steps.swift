import Plan
import Supervision
import Testbed

extension World {
    /// One thing happens. Whatever is due was told before.
    mutating func advance(killsOneIn: Int? = nil) throws {
        step += 1
        if let killsOneIn, random.oneIn(killsOneIn) {
            try killSupervisor()
        } else {
            try tell(try event())
        }
        try tellWhatIsDue()
    }

    mutating func tellWhatIsDue() throws {
        var rounds = 0
        while let due = fleet.nextDeadline, due <= now {
            try tell(.timePassed)
            rounds += 1
            try check(rounds < 100, "time does not get on")
        }
    }

    /// What happens next: to a sandbox, to a run, by an operator, or just time.
    mutating func event() throws -> Event {
        if policies.isEmpty { return .configured(generator.configuration(&random)) }
        switch random.below(100) {
        case 0..<15: return sandboxEvent() ?? later()
        case 15..<19: return admission() ?? later()
        case 19: return preemption()
        case 20..<50: return runEvent() ?? later()
        case 50..<70: return later()
        case 70..<82: return misfortune() ?? later()
        case 82..<95: return request()
        case 95..<97: return hold(random.pick(policies.map(\.name)))
        default: return .configured(generator.change(policies, &random))
        }
    }

    /// Somebody needs a project to stand still, or does not any more.
    mutating func hold(_ name: ProjectName) -> Event {
        if held.remove(name) != nil { return .held(name, false) }
        held.insert(name)
        return .held(name, true)
    }

    /// A place for somebody who asked for one, as long as there are any.
    mutating func admission() -> Event? {
        let admitted = fleet.places.count { $0.admission == .admitted }
        if !isKind, admitted >= placesMax ?? 0 { return nil }
        let waiting = fleet.places.filter { $0.admission != .admitted }.map(\.project)
        // One that asked and wants none any more may get its answer all the same.
        let open = waiting.isEmpty && !isKind ? asking.sorted() : waiting
        if open.isEmpty { return nil }
        let name = random.pick(open)
        asking.remove(name)
        return .admitted(name)
    }

    /// The machine is short of something, or no longer.
    private mutating func preemption() -> Event {
        switch random.below(8) {
        case 0: .hoursBegan(random.pick(generator.projects))
        case 1: .machineEased
        default:
            .preempted(
                random.pick(generator.projects),
                random.pick([.none, .none, .resting, .frozen, .stopped]),
                reason: "memory\nis short")
        }
    }

    /// An answer to what was asked of a sandbox.
    mutating func sandboxEvent() -> Event? {
        let open = sandboxes.filter { $0.value != .up }.keys.sorted()
        if open.isEmpty { return nil }
        let name = random.pick(open)
        switch sandboxes[name] {
        case .launching:
            if !isKind, random.oneIn(6) {
                sandboxes[name] = nil
                return .sandboxRefused(name, reason: "no memory\nat all")
            }
            sandboxes[name] = .up
            return .sandboxLaunched(name)
        case .ending: return end(name)
        case .up, nil: return nil
        }
    }

    private mutating func end(_ name: ProjectName) -> Event {
        sandboxes[name] = nil
        frozen.remove(name)
        runs = runs.filter { $0.value.project != name }
        return .sandboxEnded(name, reason: "ended")
    }

    private mutating func runEvent() -> Event? {
        runs.isEmpty ? nil : runEvent(random.pick(runs.keys.sorted()))
    }

    /// What a run does, or what is heard of it.
    mutating func runEvent(_ id: RunID) -> Event? {
        guard let run = runs[id] else { return nil }
        if run.end != nil {
            defer { runs[id] = nil }
            return run.end.map { .runEnded(id, $0) }
        }
        if run.isKilled {
            runs[id] = nil
            return .runEnded(id, .killed(signal: 9))
        }
        if frozen.contains(run.project) { return nil }
        if !run.isTold {
            if !isKind, !run.isAlive, random.oneIn(8) {
                runs[id] = nil
                return .runRefused(id, reason: "no such file")
            }
            runs[id]?.isAlive = true
            runs[id]?.isTold = true
            return .runStarted(id)
        }
        if run.isSignalled, isKind || random.oneIn(2) {
            runs[id] = nil
            return .runEnded(id, random.oneIn(2) ? .killed(signal: 15) : .exited(code: 0))
        }
        if let purpose = run.probes.min(by: { $0.rawValue < $1.rawValue }) {
            runs[id]?.probes.remove(purpose)
            let passes = isKind || !random.oneIn(3)
            return .probed(id, purpose, passes ? .passed : .failed(reason: "refused"))
        }
        return .notified(
            id, !isKind && random.oneIn(10) ? .stopping : random.pick([.ready, .watchdog]))
    }

    /// Something ends that nobody asked to end.
    private mutating func misfortune() -> Event? {
        if random.oneIn(5) {
            let up = sandboxes.filter { $0.value == .up }.keys.sorted()
            return up.isEmpty ? nil : end(random.pick(up))
        }
        let alive = runs.filter { $0.value.isAlive && !frozen.contains($0.value.project) }
        if alive.isEmpty { return nil }
        let id = random.pick(alive.keys.sorted())
        runs[id] = nil
        return .runEnded(id, random.oneIn(3) ? .exited(code: 0) : .exited(code: 3))
    }

    private mutating func request() -> Event {
        let name = random.pick(generator.projects)
        let verb = random.pick(Verb.allCases)
        guard random.oneIn(2),
            let service = fleet.policy(of: name)?.services.map(\.name).randomElement(using: &random)
        else { return .requested(verb, name, service: nil) }
        return .requested(random.pick([.start, .stop, .restart]), name, service: service)
    }

    /// Some time: up to the next deadline, or any.
    private mutating func later() -> Event {
        if let due = fleet.nextDeadline, random.oneIn(2) {
            now = max(now, due)
        } else {
            now = now + Milliseconds(UInt64(random.below(3_000)))
        }
        return .timePassed
    }
}
