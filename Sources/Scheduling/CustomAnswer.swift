public import Plan

/// What a custom strategy is asked.
public struct Snapshot: Hashable, Sendable {
    public struct Ask: Hashable, Sendable {
        public let name: ProjectName
        public let priority: Priority
        /// As `priority_based` would weigh it.
        public let weight: Double
        public let guarantee: Amounts
        /// Finite: no more than the machine has.
        public let limit: Amounts
        public let demand: Amounts
        /// What `priority_based` would give it.
        public let allocation: Amounts
    }

    /// Which projects there are and what is configured for them: another number, others.
    public let revision: Int
    public let capacity: Amounts
    /// Of those that run.
    public let asks: [Ask]
}

/// An answer of a custom strategy that holds what any strategy must.
public struct CustomAnswer: Hashable, Sendable {
    public let revision: Int
    private let shares: [ProjectName: Amounts]
    /// What all have together.
    public let total: Amounts
    /// The most that any has, in millicores.
    let cpuMost: Double

    /// What a program may be off by when it rounds to whole bytes and millicores.
    private static let rounding = 1.0

    public subscript(name: ProjectName) -> Amounts? { shares[name] }

    /// Checks an answer: each project that was asked for once and nobody else, every amount a number from
    /// the lesser of guarantee and demand up to the limit, and together no more than there is. The first
    /// that is wrong refuses it whole.
    public static func check(
        _ entries: [(name: ProjectName, amounts: Amounts)], against snapshot: Snapshot
    ) throws(InvalidValue) -> CustomAnswer {
        var asks: [ProjectName: Snapshot.Ask] = [:]
        for ask in snapshot.asks { asks[ask.name] = ask }
        var shares: [ProjectName: Amounts] = [:]
        var sum = Amounts.zero
        for (name, amounts) in entries {
            guard let ask = asks[name] else {
                throw wrong("project \(name)", name.text, "was not asked for")
            }
            guard shares[name] == nil else {
                throw wrong("project \(name)", name.text, "is there twice")
            }
            let least = ask.guarantee.limited(to: ask.demand).limited(to: ask.limit)
            for resource in Resource.allCases {
                let amount = amounts[resource]
                let subject = "\(resource) of project \(name)"
                guard amount.isFinite, amount >= 0 else {
                    throw wrong(subject, "\(amount)", "is no amount")
                }
                guard amount >= least[resource] - rounding else {
                    throw wrong(
                        subject, "\(amount)", "is less than the \(least[resource]) kept for it")
                }
                guard amount <= ask.limit[resource] + rounding else {
                    throw wrong(
                        subject, "\(amount)", "is above its limit of \(ask.limit[resource])")
                }
            }
            let kept = amounts.limited(to: ask.limit)
            shares[name] = kept
            sum = sum + kept
        }
        for ask in snapshot.asks where shares[ask.name] == nil {
            throw wrong("project \(ask.name)", ask.name.text, "is missing")
        }
        for resource in Resource.allCases where sum[resource] > snapshot.capacity[resource] {
            throw wrong(
                "\(resource) of all", "\(sum[resource])",
                "is more than the \(snapshot.capacity[resource]) there is")
        }
        return CustomAnswer(
            revision: snapshot.revision, shares: shares, total: sum,
            cpuMost: shares.values.reduce(0) { max($0, $1[.cpu]) })
    }

    private static func wrong(_ subject: String, _ value: String, _ reason: String) -> InvalidValue
    {
        InvalidValue(
            "answer of the custom strategy: \(subject)", value, reason,
            hint: "correct the program; until then priority_based decides")
    }
}
