public import Plan

/// Why limits stay as they are.
public struct QuotaRefusal: Error, Hashable, Sendable {
    public var project: ProjectName
    public var message: String
    public var hint: String?
    /// Where memory could not be taken away.
    public var shortage: Shortage?

    public init(
        _ project: ProjectName, _ message: String, hint: String? = nil, shortage: Shortage? = nil
    ) {
        self.project = project
        self.message = message
        self.hint = hint
        self.shortage = shortage
    }

    /// Memory that could not be taken away from `target`.
    public init(_ target: QuotaTarget, _ shortage: Shortage) {
        self.init(
            target.project, "\(target) memory: \(shortage.text)", shortage: shortage)
        hint =
            "this would fit now: bulkhead quota set \(target) --memory \(shortage.wouldFit.exactText)"
    }

    init(_ target: QuotaTarget, _ name: LimitName, _ error: InvalidValue) {
        self.init(target.project, error.message, hint: error.hint)
    }
}

extension QuotaRefusal: Diagnosable {}
