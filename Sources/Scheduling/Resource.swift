/// What is shared between projects by amounts.
public enum Resource: Int, CaseIterable, Hashable, Sendable {
    /// Millicores.
    case cpu
    /// Bytes.
    case memory
    /// Bytes.
    case disk
    /// Agents at the same time.
    case slots
}

/// So much of each resource. Never negative, never NaN: whoever makes one from outside values checks
/// them first.
public struct Amounts: Hashable, Sendable {
    var lanes: SIMD4<Double>

    public static let zero = Amounts(.zero)

    /// More than any machine has, and exact as a whole number: 2^53.
    public static let most = 9_007_199_254_740_992.0
    /// More agents at the same time than any machine runs processes: PID_MAX_LIMIT of linux/threads.h.
    public static let slotsMost = 4_194_304.0

    /// Whether each is a number from 0 to what a machine may have.
    public var isSound: Bool {
        all(lanes .>= .zero) && all(lanes .<= Self.most) && self[.slots] <= Self.slotsMost
    }

    init(_ lanes: SIMD4<Double>) { self.lanes = lanes }

    public init(cpu: Double = 0, memory: Double = 0, disk: Double = 0, slots: Double = 0) {
        lanes = SIMD4(cpu, memory, disk, slots)
    }

    public subscript(resource: Resource) -> Double {
        get { lanes[resource.rawValue] }
        set { lanes[resource.rawValue] = newValue }
    }

    /// The lesser, resource by resource.
    public func limited(to other: Amounts) -> Amounts { Amounts(pointwiseMin(lanes, other.lanes)) }
    /// The greater, resource by resource.
    public func raised(to other: Amounts) -> Amounts { Amounts(pointwiseMax(lanes, other.lanes)) }

    public static func + (left: Amounts, right: Amounts) -> Amounts {
        Amounts(left.lanes + right.lanes)
    }
    public static func - (left: Amounts, right: Amounts) -> Amounts {
        Amounts(left.lanes - right.lanes)
    }
}
