public import Plan

/// How resources are divided among projects: `resource_allocation_strategy`, or what
/// `bulkhead schedule strategy` said last.
public enum Strategy: Hashable, Sendable {
    /// Nothing is moved; the configured limits hold, and who may run is all that is decided.
    case `static`
    /// All weigh the same.
    case fairShare
    /// Who is more important weighs more: `Priority.weight`, times `cpu_priority`.
    case priorityBased
    /// Weights as with `priorityBased`, and memory limits that follow what is used.
    case dynamic
    /// A program of the operator decides; while its answer cannot be used, `priorityBased` holds.
    case custom(path: String)

    public static let standard = Strategy.static

    /// Throws `InvalidValue` where `text` is neither a known word nor an absolute, plain path.
    public init(parsing text: String) throws(InvalidValue) {
        switch text {
        case "static": self = .static
        case "fair_share": self = .fairShare
        case "priority_based": self = .priorityBased
        case "dynamic": self = .dynamic
        default:
            guard text.utf8.first == UInt8(ascii: "/") else {
                throw InvalidValue(
                    "strategy", text, "is none that is known",
                    hint: "use static, fair_share, priority_based, dynamic "
                        + "or the absolute path of a program")
            }
            let parts = text.utf8.dropFirst().split(
                separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            let isPlain = parts.allSatisfy {
                !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
            }
            // PATH_MAX of linux/limits.h, with its closing zero.
            guard isPlain, text.utf8.count < 4_096, !text.utf8.contains(0) else {
                throw InvalidValue(
                    "strategy", text, "is no plain absolute path",
                    hint: "write the path of the program without '.', '..' and empty parts")
            }
            self = .custom(path: text)
        }
    }

    /// As it is written in the configuration.
    public var text: String {
        switch self {
        case .static: "static"
        case .fairShare: "fair_share"
        case .priorityBased: "priority_based"
        case .dynamic: "dynamic"
        case .custom(let path): path
        }
    }
}
