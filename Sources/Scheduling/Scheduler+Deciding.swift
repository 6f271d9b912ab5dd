internal import Plan

extension Scheduler {
    /// A share that differs by less is told of as the same: it is no change that anybody would feel.
    private static let change = 0.01
    /// While all levels are so near to where they were, nobody's share can have changed by that.
    private static let drift = 0.001

    /// Divides what there is, by what is known now.
    ///
    /// - Parameter answer: of the custom strategy; without one, or with one to another question,
    ///   `priority_based` is followed.
    public mutating func decide(
        at time: Int64, minuteOfWeek: Int, answer: CustomAnswer? = nil
    ) -> Decision {
        look(atMinuteOfWeek: minuteOfWeek)
        refill()
        if slotsAreStale || everythingIsStale { handOutSlots() }
        var followed: CustomAnswer?
        if case .custom = strategy, let answer, answer.revision == revision { followed = answer }
        let isScaleNew = weigh(followed)
        let isEntitledNew =
            isScaleNew || everythingIsStale || entitled.isFar(from: seen.entitled, by: Self.drift)
        let isNew =
            isEntitledNew || slotsAreStale || now.isFar(from: seen.now, by: Self.drift)
            || followed != nil || seen.answer
        var changed: [Decision.Share] = []
        if isNew {
            summary = Summary()
            for index in places.indices {
                visit(index, followed, &changed, entitled: isEntitledNew)
            }
            seen = Seen(now: now.reached, entitled: entitled.reached, answer: followed != nil)
        } else {
            for index in stirred.sorted() { revisit(index, &changed) }
        }
        for index in stirred { isStirred[index] = false }
        stirred = []
        slotsAreStale = false
        everythingIsStale = false
        var (wanted, given) = now.totals
        if let followed { given = followed.total }
        wanted[.slots] = Double(slots.wanted)
        given[.slots] = Double(slots.given)
        return Decision(
            changed: changed, strategy: strategy, followedAnswer: followed != nil,
            running: running, capacity: capacity, allocated: given, demanded: wanted,
            fairness: summary.fairness, efficiency: efficiency(wanted, given))
    }

    /// What is given out of what could be, of the resource of which that is the least.
    private func efficiency(_ wanted: Amounts, _ given: Amounts) -> Double {
        var result = 1.0
        for resource in Resource.allCases {
            let useful = min(wanted[resource], capacity[resource])
            if useful > 0 { result = min(result, given[resource] / useful) }
        }
        return result
    }

    /// What a custom strategy is to be asked.
    public mutating func snapshot(minuteOfWeek: Int) -> Snapshot {
        look(atMinuteOfWeek: minuteOfWeek)
        refill()
        var asks: [Snapshot.Ask] = []
        for (index, place) in places.enumerated() {
            guard let place, place.takesPart else { continue }
            var allocation = now[index]
            allocation[.slots] = Double(place.slots)
            asks.append(
                Snapshot.Ask(
                    name: place.subject.name, priority: place.subject.priority,
                    weight: terms[index].weight, guarantee: place.subject.guarantee,
                    limit: terms[index].limit, demand: wanted(index), allocation: allocation))
        }
        return Snapshot(revision: revision, capacity: capacity, asks: asks)
    }

    // MARK: Dividing

    private mutating func refill() {
        let isFollowed = strategy == .dynamic
        if everythingIsStale {
            let divided = Self.divisible(capacity)
            now = FairShares(
                capacity: divided,
                of: places.indices.lazy.map { [terms, habits] in
                    Self.claim(terms[$0], habits[$0], isFollowed: isFollowed)
                }, filling: tunables.filling)
            entitled = FairShares(
                capacity: divided,
                of: places.indices.lazy.map { [terms] in Self.claimOfAll(terms[$0]) })
        } else {
            now.set(
                all: stirred.lazy.map { [terms, habits] in
                    FairShares.Change(
                        $0, Self.claim(terms[$0], habits[$0], isFollowed: isFollowed))
                })
            entitled.set(
                all: altered.lazy.map { [terms] in
                    FairShares.Change($0, Self.claimOfAll(terms[$0]))
                })
        }
        if !altered.isEmpty || everythingIsStale { countRunning() }
        altered = []
    }

    private mutating func countRunning() {
        running = 0
        heaviest = 0
        mostGuaranteed = 0
        for each in terms where each.takesPart {
            running += 1
            heaviest = max(heaviest, each.weight)
            mostGuaranteed = max(mostGuaranteed, min(each.guarantee[.cpu], each.limit[.cpu]))
        }
    }

    /// Decides what `cpu.weight` stands for; whether that is another scale than before.
    private mutating func weigh(_ answer: CustomAnswer?) -> Bool {
        let old = scale
        if let answer {
            scale = WeightScale(total: answer.total[.cpu], count: running, largest: answer.cpuMost)
        } else {
            scale = WeightScale(
                usualWeight: strategy.usualWeight, level: entitled.level(.cpu),
                kept: entitled.kept(.cpu), heaviest: heaviest,
                guaranteed: strategy == .static ? 0 : mostGuaranteed)
        }
        return scale != old
    }

    private static func claim(_ terms: Terms, _ habits: Habits, isFollowed: Bool) -> Claim? {
        if !terms.takesPart { return nil }
        let limit = divisible(terms.limit)
        return Claim(
            weight: terms.weight, guarantee: terms.guarantee, limit: limit,
            demand: habits.wanted(terms, isFollowed: isFollowed))
    }

    /// As if it wanted as much as it may have.
    private static func claimOfAll(_ terms: Terms) -> Claim? {
        if !terms.takesPart { return nil }
        let limit = divisible(terms.limit)
        return Claim(
            weight: terms.weight, guarantee: terms.guarantee, limit: limit, demand: limit)
    }

    /// What a project is taken to want, within its limit.
    func wanted(_ index: Int) -> Amounts {
        habits[index].wanted(terms[index], isFollowed: strategy == .dynamic)
    }

    private mutating func handOutSlots() {
        var askers: [SlotShares.Asker] = []
        var who: [Int] = []
        for index in places.indices {
            // Most have none and want none, and are not written to.
            if places[index]?.slots ?? 0 != 0 { places[index]?.slots = 0 }
            let want = Int(wanted(index)[.slots])
            guard terms[index].takesPart, want > 0 else { continue }
            askers.append(
                SlotShares.Asker(
                    weight: terms[index].weight, floor: Int(terms[index].guarantee[.slots]),
                    want: want))
            who.append(index)
        }
        let handed = SlotShares.hand(Int(capacity[.slots]), to: askers)
        for (index, count) in zip(who, handed) { places[index]?.slots = count }
        slots = (askers.reduce(0) { $0 + $1.want }, handed.reduce(0, +))
    }

    // MARK: Telling

    /// Sums a project up, and tells of it where its share is another one than was told last.
    private mutating func visit(
        _ index: Int, _ answer: CustomAnswer?, _ changed: inout [Decision.Share],
        entitled isNew: Bool
    ) {
        var allocation = now[index].lanes
        if let answer, let name = places[index]?.subject.name, let given = answer[name] {
            allocation = given.lanes
        }
        let areSlotsNew = answer != nil || slotsAreStale || everythingIsStale
        if areSlotsNew, let slots = places[index]?.slots {
            allocation[Resource.slots.rawValue] = Double(slots)
        } else {
            allocation[Resource.slots.rawValue] = toldAllocations[index][Resource.slots.rawValue]
        }
        if let ramp = now.ramp(index) {
            summary.add(allocation, want: ramp.want, floor: ramp.floor, slope: ramp.slope)
        }
        let entitlement = isNew ? entitled[index].lanes : toldEntitlements[index]
        // Who is guaranteed something weighs more when the others get less.
        let isReweighed =
            isNew && entitled.ramp(index).map { cpuWeight(of: $0) != toldWeights[index] } ?? false
        guard
            isReweighed || isStirred[index] || everythingIsStale || answer != nil || seen.answer
                || Self.differ(allocation, toldAllocations[index])
                || Self.differ(entitlement, toldEntitlements[index])
        else { return }
        tell(index, allocation, entitled[index].lanes, isCustom: answer != nil, &changed)
    }

    /// The same for one whose demand changed and where nobody else's share did.
    private mutating func revisit(_ index: Int, _ changed: inout [Decision.Share]) {
        var allocation = now[index].lanes
        allocation[Resource.slots.rawValue] = toldAllocations[index][Resource.slots.rawValue]
        tell(index, allocation, toldEntitlements[index], isCustom: false, &changed)
    }

    private mutating func tell(
        _ index: Int, _ allocation: SIMD4<Double>, _ entitlement: SIMD4<Double>, isCustom: Bool,
        _ changed: inout [Decision.Share]
    ) {
        let share = share(index, Amounts(allocation), Amounts(entitlement), isCustom: isCustom)
        guard let share else { return }
        if let old = told[index], isCustom ? share == old : Self.isSame(share, old) {
            told[index]?.demand = share.demand
            return
        }
        toldAllocations[index] = allocation
        toldEntitlements[index] = entitlement
        toldWeights[index] = share.cpuWeight
        told[index] = share
        changed.append(share)
    }

    private static func isSame(_ new: Decision.Share, _ old: Decision.Share) -> Bool {
        if differ(new.allocation.lanes, old.allocation.lanes) { return false }
        if differ(new.entitlement.lanes, old.entitlement.lanes) { return false }
        // The rest are not measured but said.
        var same = new
        same.demand = old.demand
        same.allocation = old.allocation
        same.entitlement = old.entitlement
        same.memoryLow = old.memoryLow
        if new.memoryLimit != nil, old.memoryLimit != nil { same.memoryLimit = old.memoryLimit }
        return same == old
    }

    private static func differ(_ new: SIMD4<Double>, _ old: SIMD4<Double>) -> Bool {
        let difference = pointwiseMax(new, old) - pointwiseMin(new, old)
        return any(difference .> pointwiseMax(new, old) * change)
    }
}
