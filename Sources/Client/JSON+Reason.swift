public import JSONTree
public import Plan

extension JSON {
    /// The parameters of a call that changes something, with why it is made.
    public func because(_ reason: StatedReason?) -> JSON {
        guard let reason, case .object(let members) = self else { return self }
        return .object(members + [Member("reason", .string(reason.text))])
    }
}
