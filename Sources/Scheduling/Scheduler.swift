public import Plan

/// Who gets how much: what projects may have and what they use goes in, a `Decision` comes out.
///
/// It knows no clock: time is said with what is seen, in milliseconds of a clock that should not go back. One
/// that does, or that jumps, changes nothing but what is known of the time between.
public struct Scheduler {
    /// More projects than a machine has process ids for would not help anybody.
    public static let subjectsMax = 1_000_000

    public let tunables: Tunables
    public private(set) var strategy: Strategy
    public private(set) var capacity: Amounts
    /// Who takes part and what is configured for them: another number, another answer.
    private(set) var revision = 0
    /// In the order in which they joined; nil: left, and the place is free.
    var places: [Place?] = []
    /// Of the same places, apart from what is seldom looked at: a look at all of them is as fast as memory is.
    var terms: [Terms] = []
    var habits: [Habits] = []
    /// What was told of them last.
    var told: [Decision.Share?] = []
    private var indices: [ProjectName: Int] = [:]
    private var free: [Int] = []
    /// What they get now, and what they would get if all wanted all they may have.
    var now: FairShares
    var entitled: FairShares
    /// What was told last of each place: looked through at every decision, and so side by side.
    var toldAllocations: [SIMD4<Double>] = []
    var toldEntitlements: [SIMD4<Double>] = []
    var toldWeights: [Int] = []
    /// Whose demand or configuration changed since the last decision.
    var isStirred: [Bool] = []
    var stirred: [Int] = []
    /// Whose configuration did.
    var altered: [Int] = []
    /// Who has work hours.
    private var timed: Set<Int> = []
    var slotsAreStale = false
    var everythingIsStale = true
    var seen = Seen()
    var summary = Summary()
    var running = 0
    /// Of those that take part: the largest weight, and the largest guarantee in millicores.
    var heaviest = 0.0
    var mostGuaranteed = 0.0
    var scale = WeightScale()
    var slots = (wanted: 0, given: 0)
    private var decay = Decay()

    /// What all shares were looked through for last.
    struct Seen {
        var now = FairShares.Reached()
        var entitled = FairShares.Reached()
        /// A custom strategy's answer was followed.
        var answer = false
    }

    /// Throws `InvalidValue` for tunables out of their ranges and for a capacity that is none.
    public init(
        tunables: Tunables = .standard, strategy: Strategy, capacity: Amounts
    ) throws(InvalidValue) {
        try tunables.check()
        try Self.check(capacity)
        self.tunables = tunables
        self.strategy = strategy
        self.capacity = capacity
        now = FairShares(capacity: Self.divisible(capacity), filling: tunables.filling)
        entitled = now
    }

    private static func check(_ capacity: Amounts) throws(InvalidValue) {
        if capacity.isSound { return }
        throw InvalidValue(
            "capacity of the machine",
            Resource.allCases.map { "\(capacity[$0])" }.joined(separator: ", "),
            "is no amount of CPU, memory, disk and agents")
    }

    /// Without what comes in whole pieces only.
    static func divisible(_ amounts: Amounts) -> Amounts {
        var result = amounts
        result[.slots] = 0
        return result
    }

    public var count: Int { indices.count }
    public var names: [ProjectName] { places.compactMap { $0?.subject.name } }
    public func subject(_ name: ProjectName) -> Subject? {
        indices[name].flatMap { places[$0]?.subject }
    }
    /// What a project gets by the last decision, exactly; nil where it is not scheduled or nothing was
    /// decided yet.
    public func share(of name: ProjectName) -> Decision.Share? {
        indices[name].flatMap { current($0) }
    }
    /// What all get by the last decision, in the order of their places.
    public var shares: [Decision.Share] { places.indices.compactMap { current($0) } }
    public func contains(_ name: ProjectName) -> Bool { indices[name] != nil }
    /// Its number, from 0 on, as long as it takes part: whoever asks for many asks by that.
    public func seat(of name: ProjectName) -> Int? { indices[name] }

    // MARK: Who is there

    /// Adds a project. Throws `InvalidValue` for a name that is there already, and for what `Subject.check`
    /// refuses.
    public mutating func join(_ subject: Subject) throws(InvalidValue) {
        try subject.check()
        guard indices[subject.name] == nil else {
            throw InvalidValue("project", subject.name.text, "is scheduled already")
        }
        guard indices.count < Self.subjectsMax else {
            throw InvalidValue(
                "project", subject.name.text,
                "is one more than the \(Self.subjectsMax) that can be scheduled")
        }
        let index = free.popLast() ?? places.count
        if index == places.count {
            places.append(nil)
            terms.append(.none)
            habits.append(Habits())
            told.append(nil)
            toldAllocations.append(.zero)
            toldEntitlements.append(.zero)
            toldWeights.append(0)
            isStirred.append(false)
        }
        places[index] = Place(subject)
        indices[subject.name] = index
        if subject.workHours != nil { timed.insert(index) }
        alter(index)
    }

    /// Replaces what is configured for a project that is there; what was learnt of it stays.
    public mutating func update(_ subject: Subject) throws(InvalidValue) {
        try subject.check()
        guard let index = indices[subject.name] else { throw Self.unknown(subject.name) }
        if places[index]?.subject == subject { return }
        places[index]?.subject = subject
        if subject.workHours != nil {
            timed.insert(index)
        } else {
            timed.remove(index)
            places[index]?.isInside = true
        }
        alter(index)
    }

    /// Tells whether a project that is there runs.
    public mutating func setRunning(_ name: ProjectName, _ isRunning: Bool) throws(InvalidValue) {
        guard let index = indices[name] else { throw Self.unknown(name) }
        if places[index]?.subject.isRunning == isRunning { return }
        places[index]?.subject.isRunning = isRunning
        alter(index)
    }

    /// Removes a project and all that was learnt of it.
    public mutating func leave(_ name: ProjectName) throws(InvalidValue) {
        guard let index = indices.removeValue(forKey: name) else { throw Self.unknown(name) }
        places[index] = nil
        habits[index] = Habits()
        told[index] = nil
        timed.remove(index)
        alter(index)
        free.append(index)
    }

    private static func unknown(_ name: ProjectName) -> InvalidValue {
        InvalidValue("project", name.text, "is not scheduled")
    }

    public mutating func setStrategy(_ new: Strategy) {
        if new == strategy { return }
        strategy = new
        unsettle()
    }

    /// The machine changed: processors went, or memory is kept for something else.
    public mutating func setCapacity(_ new: Amounts) throws(InvalidValue) {
        try Self.check(new)
        if new == capacity { return }
        capacity = new
        unsettle()
    }

    private mutating func unsettle() {
        everythingIsStale = true
        for index in places.indices { set(termsOf: index) }
    }

    mutating func alter(_ index: Int) {
        revision += 1
        altered.append(index)
        slotsAreStale = true
        set(termsOf: index)
        stir(index)
    }

    mutating func set(termsOf index: Int) {
        guard let place = places[index] else { return terms[index] = .none }
        terms[index] = Terms(
            guarantee: place.subject.guarantee, limit: place.subject.limit.limited(to: capacity),
            weight: place.weight(strategy, tunables), takesPart: place.takesPart)
    }

    private mutating func stir(_ index: Int) {
        if isStirred[index] { return }
        isStirred[index] = true
        stirred.append(index)
    }

    // MARK: What they use

    /// Takes in what a project used up to `time`, in milliseconds.
    ///
    /// - Parameter minuteOfWeek: of the machine's own week, for what is usual at which hour.
    public mutating func observe(
        _ name: ProjectName, _ use: Use, at time: Int64, minuteOfWeek: Int
    ) throws(InvalidValue) {
        guard let index = indices[name] else { throw Self.unknown(name) }
        observe(seat: index, use, at: time, minuteOfWeek: minuteOfWeek)
    }

    /// The same for the project with a number that `seat(of:)` gave.
    public mutating func observe(seat: Int, _ use: Use, at time: Int64, minuteOfWeek: Int) {
        let news = habits[seat].take(
            use, at: time, minuteOfWeek: minuteOfWeek, terms: terms[seat],
            isFollowed: strategy == .dynamic, &decay, tunables)
        if news == .none { return }
        if news == .slots { slotsAreStale = true }
        stir(seat)
    }

    /// Tells those apart whose work hours began or ended.
    mutating func look(atMinuteOfWeek minute: Int) {
        for index in timed.sorted() {
            guard let place = places[index], let hours = place.subject.workHours else { continue }
            let isInside = hours.contains(minuteOfWeek: minute)
            if isInside == place.isInside { continue }
            places[index]?.isInside = isInside
            alter(index)
        }
    }
}
