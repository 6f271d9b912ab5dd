public import Plan

/// The limits that hold in place of the configured ones, and what comes of both.
public struct Overrides: Hashable, Sendable {
    private var rows: [QuotaTarget: [LimitName: QuotaOverride]] = [:]

    public init(_ rows: [QuotaOverride] = []) {
        for row in rows { set(row) }
    }

    public subscript(target: QuotaTarget, name: LimitName) -> QuotaOverride? {
        rows[target]?[name]
    }

    public mutating func set(_ row: QuotaOverride) {
        rows[row.target, default: [:]][row.name] = row
    }

    public mutating func remove(_ target: QuotaTarget, _ name: LimitName) {
        rows[target]?[name] = nil
        if rows[target]?.isEmpty ?? false { rows[target] = nil }
    }

    public mutating func forget(_ project: ProjectName) {
        rows = rows.filter { $0.key.project != project }
    }

    /// Those of one project and its workloads; in an order that is always the same.
    public func all(of project: ProjectName) -> [QuotaOverride] {
        sorted(rows.filter { $0.key.project == project }.values.flatMap(\.values))
    }

    /// All that came about in this way; in an order that is always the same.
    public func all(via: QuotaOverride.Via) -> [QuotaOverride] {
        sorted(rows.values.flatMap(\.values).filter { $0.via == via })
    }

    public var projects: Set<ProjectName> { Set(rows.keys.map(\.project)) }

    private func sorted(_ found: [QuotaOverride]) -> [QuotaOverride] {
        found.sorted { left, right in
            let (mine, yours) = (left.target.description, right.target.description)
            return mine == yours ? left.name.text < right.name.text : mine < yours
        }
    }

    // MARK: Time

    /// When the next of them is over: of CLOCK_MONOTONIC, in microseconds.
    public var nextEnd: Int64? {
        rows.values.flatMap(\.values).compactMap(\.until).min()
    }

    /// Those whose time is over.
    public func over(at now: Int64) -> [QuotaOverride] {
        sorted(rows.values.flatMap(\.values).filter { $0.until.map { $0 <= now } ?? false })
    }

    // MARK: What is in force

    /// The policy as it holds, for the project and all its workloads.
    ///
    /// - Parameter without: overrides that came about in this way count for nothing.
    public func effective(
        _ policy: ProjectPolicy, without: QuotaOverride.Via? = nil
    ) -> ProjectPolicy {
        var result = policy
        result.limits = limits(of: policy, without: without)
        // Of a thousand projects few have any for a workload: the others' are not copied.
        for index in result.services.indices {
            let target = QuotaTarget(policy.name, result.services[index].name)
            guard let found = rows[target] else { continue }
            result.services[index].limits.apply(found, without: without)
        }
        for index in result.tasks.indices {
            let target = QuotaTarget(policy.name, result.tasks[index].name)
            guard let found = rows[target] else { continue }
            result.tasks[index].limits.apply(found, without: without)
        }
        return result
    }

    /// Those of the project itself, as `effective` has them.
    public func limits(of policy: ProjectPolicy, without: QuotaOverride.Via? = nil) -> Limits {
        var result = policy.limits
        if let found = rows[QuotaTarget(policy.name)] { result.apply(found, without: without) }
        return result
    }
}

extension ProjectPolicy {
    /// The limits of the project, or of one of its workloads; nil: it has none of that name.
    public func limits(of workload: WorkloadName?) -> Limits? {
        guard let workload else { return limits }
        return services.first { $0.name == workload }?.limits
            ?? tasks.first { $0.name == workload }?.limits
    }

    /// These limits with, of each, the lower of this and `other`: what both allow.
    public func lowered(to other: ProjectPolicy) -> ProjectPolicy {
        var result = other
        result.limits = limits.lowered(to: other.limits)
        for index in result.services.indices {
            guard let mine = limits(of: result.services[index].name) else { continue }
            result.services[index].limits = mine.lowered(to: result.services[index].limits)
        }
        for index in result.tasks.indices {
            guard let mine = limits(of: result.tasks[index].name) else { continue }
            result.tasks[index].limits = mine.lowered(to: result.tasks[index].limits)
        }
        return result
    }
}

extension Limits {
    fileprivate mutating func apply(
        _ rows: [LimitName: QuotaOverride], without: QuotaOverride.Via?
    ) {
        for row in rows.values where row.via != without { self[row.name] = row.value }
    }

    fileprivate func lowered(to other: Limits) -> Limits {
        var result = other
        for name in Set(names).union(other.names)
        where name.grows(from: self[name], to: other[name]) {
            result[name] = self[name]
        }
        return result
    }
}
