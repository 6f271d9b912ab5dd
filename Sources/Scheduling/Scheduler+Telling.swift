internal import Plan

extension Scheduler {
    /// Whoever has this part of what it wants has all: shares are sums of lines.
    private static let all = 0.999

    /// What a project gets by the last decision, also where it was too little of a change to be told.
    func current(_ index: Int) -> Decision.Share? {
        guard let place = places[index], let told = told[index] else { return nil }
        // Nothing was decided since it was looked at; and what a custom strategy gives is told exactly.
        if isStirred[index] || seen.answer { return told }
        var allocation = now[index]
        allocation[.slots] = Double(place.slots)
        return share(index, allocation, entitled[index], isCustom: false)
    }

    /// What is told of a project.
    func share(
        _ index: Int, _ allocation: Amounts, _ entitlement: Amounts, isCustom: Bool
    ) -> Decision.Share? {
        guard let place = places[index] else { return nil }
        let limit = terms[index].limit
        let weight = terms[index].weight
        let demand = wanted(index)
        func reason(_ resource: Resource) -> Reason {
            if !place.subject.isRunning { return .notRunning }
            if place.isPaused { return .paused }
            if isCustom { return .custom }
            let want = min(demand[resource], limit[resource])
            if want <= 0 { return .idle }
            let amount = allocation[resource]
            if amount >= want * Self.all {
                return want >= limit[resource] * Self.all ? .atLimit : .satisfied
            }
            if strategy == .static { return .configured }
            if amount <= place.subject.guarantee[resource] { return .guaranteed }
            return place.isInside ? .share(weight: weight) : .offHours(weight: weight)
        }
        let isStatic = strategy == .static
        let isFollowed =
            strategy == .dynamic && place.takesPart && habits[index].memory.limit != nil
        let isShort = allocation[.memory] < demand[.memory] * Self.all
        return Decision.Share(
            name: place.subject.name, seat: index, demand: demand, allocation: allocation,
            entitlement: entitlement,
            // A custom strategy's shares are what its projects are to have while all want more, too.
            cpuWeight: isCustom
                ? place.subject.pinnedWeight ?? scale.value(millicores: allocation[.cpu])
                : cpuWeight(of: place, terms[index]),
            // What is guaranteed is protected also while it is not used yet.
            memoryLow: isStatic
                ? UInt64(place.subject.guarantee[.memory])
                : UInt64(max(allocation[.memory], place.subject.guarantee[.memory])),
            memoryLimit: isFollowed ? UInt64(allocation[.memory]) : nil, slots: place.slots,
            cpuReason: reason(.cpu), memoryReason: reason(.memory),
            limitReason: isFollowed
                ? isShort ? reason(.memory) : .follows(habits[index].memory.basis)
                : strategy == .dynamic ? .follows(.unknown) : .configured,
            slotsReason: reason(.slots),
            isPaused: place.isPaused)
    }

    /// As the kernel counts, by the last decision's scale.
    private func cpuWeight(of place: Place, _ terms: Terms) -> Int {
        if let pinned = place.subject.pinnedWeight { return pinned }
        let guaranteed = min(terms.guarantee[.cpu], terms.limit[.cpu])
        return scale.value(
            weight: terms.weight, millicores: terms.takesPart ? guaranteed : 0)
    }

    /// The same, but for what is pinned.
    func cpuWeight(of ramp: Ramp) -> Int {
        let cpu = Resource.cpu.rawValue
        return scale.value(weight: ramp.slope[cpu] / capacity[.cpu], millicores: ramp.floor[cpu])
    }
}
