public import Plan

/// What is done when the whole machine stalls: projects are squeezed, then made to stand still, then stopped,
/// the least important first, and among those the one that is furthest above its share. Nobody is touched who
/// is within its guarantee, and who has one is squeezed and no more. When the machine has been at ease for a
/// while, all is undone in reverse.
///
/// One rung is taken at a time, and then it is looked at what came of it: a pressure that is measured over
/// ten seconds does not fall at once.
public struct PreemptionLadder: Hashable, Sendable {
    public enum Rung: Int, Comparable, Hashable, Sendable, CaseIterable {
        case none, squeezed, frozen, stopped

        public static func < (left: Rung, right: Rung) -> Bool { left.rawValue < right.rawValue }
    }

    public struct Settings: Hashable, Sendable {
        /// Shares of time from which on the machine is in trouble. For memory and io half of those at which
        /// systemd-oomd(8) kills; tasks that wait for a processor are usual on a busy machine.
        public var high = Use.Pressure(cpu: 0.9, memory: 0.3, io: 0.6)
        /// Below this part of them it is at ease.
        public var easePart = 0.5
        /// Milliseconds between a rung and the next: what PSI's shortest average looks back.
        public var stepMilliseconds: Int64 = 10_000
        /// Milliseconds at ease before a rung is undone.
        public var easeMilliseconds: Int64 = 60_000

        public init() {}
    }

    public struct Candidate: Hashable, Sendable {
        public let name: ProjectName
        public let priority: Priority
        public let guarantee: Amounts
        /// What it gets by the last decision.
        public let allocation: Amounts
        public let use: Amounts

        public init(
            name: ProjectName, priority: Priority, guarantee: Amounts, allocation: Amounts,
            use: Amounts
        ) {
            self.name = name
            self.priority = priority
            self.guarantee = guarantee
            self.allocation = allocation
            self.use = use
        }
    }

    public enum Cause: Hashable, Sendable {
        /// `resource` is cpu, memory, or disk for io; `share` the part of time in which tasks stalled.
        case pressure(Resource, share: Double)
        case ease
        /// Nobody may be cut back any more, whatever the machine's pressure is.
        case leave

        /// One line, without a full stop.
        public var text: String {
            switch self {
            case .pressure(let resource, let share):
                "the machine stalls for \(Self.word(resource)) in \(Int(share * 100 + 0.5)) % of the time"
            case .ease: "the machine is at ease again"
            case .leave: "nobody is cut back any more"
            }
        }

        private static func word(_ resource: Resource) -> String {
            switch resource {
            case .cpu: "processors"
            case .memory: "memory"
            case .disk: "I/O"
            case .slots: "agents"
            }
        }
    }

    public struct Move: Hashable, Sendable {
        public let name: ProjectName
        public let from: Rung
        public let to: Rung
        public let cause: Cause
    }

    /// A rung that was taken.
    public struct Step: Hashable, Sendable {
        public let name: ProjectName
        public let rung: Rung

        public init(_ name: ProjectName, _ rung: Rung) {
            self.name = name
            self.rung = rung
        }
    }

    public let settings: Settings
    /// In the order in which they were taken.
    public private(set) var steps: [Step]
    private var moved: Int64?
    private var easeSince: Int64?

    /// - Parameter steps: those that an earlier supervisor took.
    public init(settings: Settings = Settings(), steps: [Step] = []) {
        self.settings = settings
        self.steps = steps
    }

    public func rung(of name: ProjectName) -> Rung {
        steps.last { $0.name == name }?.rung ?? .none
    }

    /// Forgets a project that went, or that an operator took into his own hands.
    public mutating func release(_ name: ProjectName) { steps.removeAll { $0.name == name } }

    // MARK: The first rung

    /// What is taken at once of what a squeezed project uses: so much can be written out in the ten
    /// seconds after which it is looked at again. Where there is no swap, what was not read from files cannot be
    /// taken at all, and who is held far below what it uses does nothing but look for pages.
    private static let squeezedPart = 0.8
    /// Less would not hold a shell.
    private static let squeezedMemoryLeast = Double(16 << 20)
    private static let squeezedWeightPart = 0.25

    /// `memory.high` of a squeezed project: its share, and no more than a fifth below what it uses.
    ///
    /// - Parameters: bytes; `protected` is what no squeeze goes below, such as a guarantee.
    public static func squeezedMemory(use: Double, share: Double, protected: Double) -> Double {
        max(protected, min(share, use), use * squeezedPart, squeezedMemoryLeast)
    }

    /// `cpu.weight` of a squeezed project that had this one.
    public static func squeezedWeight(_ weight: Double) -> Double {
        max(1, weight * squeezedWeightPart)
    }

    // MARK: Moving

    /// Whether somebody is to make room: who could is asked for only then.
    public func isPressed(_ pressure: Use.Pressure) -> Bool { trouble(pressure) != nil }

    /// Undoes the last rung without waiting: there is no leave to take anything now. Nil where nothing
    /// is taken.
    public mutating func giveBack() -> Move? {
        guard let last = steps.popLast() else { return nil }
        return Move(name: last.name, from: last.rung, to: rung(of: last.name), cause: .leave)
    }

    /// Looks at the machine's pressure, and takes or undoes one rung at most.
    ///
    /// - Parameter time: milliseconds; one that goes back counts as no time.
    public mutating func step(
        pressure: Use.Pressure, candidates: [Candidate], at time: Int64
    ) -> Move? {
        if let moved, moved > time { self.moved = time }
        if let easeSince, easeSince > time { self.easeSince = time }
        if let trouble = trouble(pressure) {
            easeSince = nil
            if let moved, time - moved < settings.stepMilliseconds { return nil }
            guard let (name, from) = victim(trouble.resource, candidates) else { return nil }
            let to = Rung(rawValue: from.rawValue + 1) ?? .stopped
            steps.append(Step(name, to))
            moved = time
            return Move(
                name: name, from: from, to: to,
                cause: .pressure(trouble.resource, share: trouble.share))
        }
        guard isAtEase(pressure) else {
            easeSince = nil
            return nil
        }
        let since = easeSince ?? time
        easeSince = since
        guard time - since >= settings.easeMilliseconds, let last = steps.popLast() else {
            return nil
        }
        easeSince = time
        return Move(name: last.name, from: last.rung, to: rung(of: last.name), cause: .ease)
    }

    /// What the machine stalls for most, as a part of what is too much.
    private func trouble(_ pressure: Use.Pressure) -> (resource: Resource, share: Double)? {
        let all = [
            (Resource.memory, pressure.memory, settings.high.memory),
            (.disk, pressure.io, settings.high.io), (.cpu, pressure.cpu, settings.high.cpu),
        ]
        var result: (resource: Resource, share: Double, part: Double)?
        for (resource, said, high) in all where Use.share(said) >= high {
            let part = Use.share(said) / high
            if result.map({ part > $0.part }) ?? true { result = (resource, Use.share(said), part) }
        }
        return result.map { ($0.resource, $0.share) }
    }

    /// Whether all stalls are so small that what was taken is given back.
    public func isAtEase(_ pressure: Use.Pressure) -> Bool {
        Use.share(pressure.cpu) < settings.high.cpu * settings.easePart
            && Use.share(pressure.memory) < settings.high.memory * settings.easePart
            && Use.share(pressure.io) < settings.high.io * settings.easePart
    }

    private func victim(
        _ resource: Resource, _ candidates: [Candidate]
    ) -> (ProjectName, Rung)? {
        // What is freed by the last rung is memory; who stands still uses no processor and no disk.
        let highest: Rung = resource == .memory ? .stopped : .frozen
        // Who writes a lot is who has much in caches; use of disks is not divided.
        let measured: Resource = resource == .cpu ? .cpu : .memory
        var best: (name: ProjectName, priority: Int, rung: Rung, above: Double)?
        for each in candidates where each.use[measured] > each.guarantee[measured] {
            let rung = rung(of: each.name)
            let isGuaranteed = each.guarantee[.cpu] > 0 || each.guarantee[.memory] > 0
            if rung >= (isGuaranteed ? .squeezed : highest) { continue }
            let share = max(each.allocation[measured], each.guarantee[measured])
            let new = (
                name: each.name, priority: each.priority.rank, rung: rung,
                above: each.use[measured] - share
            )
            guard let old = best else {
                best = new
                continue
            }
            if new.priority != old.priority {
                if new.priority < old.priority { best = new }
            } else if new.rung != old.rung {
                if new.rung < old.rung { best = new }
            } else if new.above != old.above {
                if new.above > old.above { best = new }
            } else if new.name < old.name {
                best = new
            }
        }
        return best.map { ($0.name, $0.rung) }
    }
}
