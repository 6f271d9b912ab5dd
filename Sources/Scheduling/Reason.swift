/// Why a number of a decision is what it is.
public enum Reason: Hashable, Sendable {
    /// The strategy moves nothing.
    case configured
    case notRunning
    /// It wants none.
    case idle
    /// There is enough: it has what it wants.
    case satisfied
    /// It would use more, and may not have it.
    case atLimit
    /// There is not enough for all, and its guarantee is more than its share would be.
    case guaranteed
    /// There is not enough for all: it has its part, by its weight.
    case share(weight: Double)
    /// The same, at a time in which it counts less.
    case offHours(weight: Double)
    /// Outside its work hours it stands still.
    case paused
    /// An operator's program said so.
    case custom
    /// A limit that follows what was used, by what of it was decisive.
    case follows(Basis)

    /// One line, without a full stop.
    public var text: String {
        switch self {
        case .configured: "as configured"
        case .notRunning: "it does not run"
        case .idle: "it wants none"
        case .satisfied: "it has all that it wants"
        case .atLimit: "it is at its limit"
        case .guaranteed: "its guarantee is kept for it while there is not enough for all"
        case .share(let weight):
            "there is not enough for all, and it has its part at weight \(Self.short(weight))"
        case .offHours(let weight):
            "there is not enough for all, and outside its work hours it has its part at weight "
                + Self.short(weight)
        case .paused: "outside its work hours it stands still"
        case .custom: "the custom strategy gave it that"
        case .follows(let basis): basis.text
        }
    }

    /// With two digits after the point at most.
    static func short(_ value: Double) -> String {
        let hundredths = Int(value * 100 + 0.5)
        let (whole, rest) = (hundredths / 100, hundredths % 100)
        if rest == 0 { return "\(whole)" }
        return rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}
