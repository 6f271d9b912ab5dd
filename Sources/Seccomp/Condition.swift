/// A comparison of one argument of a system call, all 64 bits of it, unsigned.
public struct Condition: Hashable, Sendable {
    /// 0 to 5, in the kernel's order of arguments.
    public let index: UInt32
    public let comparison: Comparison

    public init(index: UInt32, _ comparison: Comparison) {
        self.index = index
        self.comparison = comparison
    }

    public enum Comparison: Hashable, Sendable {
        case notEqual(UInt64)
        case less(UInt64)
        case lessOrEqual(UInt64)
        case equal(UInt64)
        case greaterOrEqual(UInt64)
        case greater(UInt64)
        /// `argument & mask == value`: the only one that can leave bits out.
        case masked(mask: UInt64, value: UInt64)
    }
}

extension Condition {
    /// As the OCI runtime specification spells the operator.
    var ociName: String {
        switch comparison {
        case .notEqual: "SCMP_CMP_NE"
        case .less: "SCMP_CMP_LT"
        case .lessOrEqual: "SCMP_CMP_LE"
        case .equal: "SCMP_CMP_EQ"
        case .greaterOrEqual: "SCMP_CMP_GE"
        case .greater: "SCMP_CMP_GT"
        case .masked: "SCMP_CMP_MASKED_EQ"
        }
    }

    /// `value` and `valueTwo` of the OCI form.
    var ociValues: (UInt64, UInt64) {
        switch comparison {
        case .notEqual(let value), .less(let value), .lessOrEqual(let value), .equal(let value),
            .greaterOrEqual(let value), .greater(let value):
            (value, 0)
        case .masked(let mask, let value): (mask, value)
        }
    }

    /// No argument whatever fulfils it.
    var isImpossible: Bool {
        switch comparison {
        case .less(0), .greater(.max): true
        case .masked(let mask, let value): value & ~mask != 0
        default: false
        }
    }

    /// Says something other than it seems to where the kernel reads only the lower half of the
    /// argument: with a bit set in the upper half a forbidden value passes for another. This is the
    /// class of CVE-2019-10063.
    func isFooledByUpperHalf(_ action: Action) -> Bool {
        switch comparison {
        case .masked(let mask, _): !action.allows && mask > UInt64(UInt32.max)
        case .equal, .less, .lessOrEqual: !action.allows
        case .notEqual, .greater, .greaterOrEqual: action.allows
        }
    }
}

extension Condition: CustomStringConvertible {
    /// For a reader: `argument 1 & 0xffffffff = 0x5412`.
    public var description: String {
        let argument = "argument \(index)"
        return switch comparison {
        case .notEqual(let value): "\(argument) ≠ \(hex(value))"
        case .less(let value): "\(argument) < \(hex(value))"
        case .lessOrEqual(let value): "\(argument) ≤ \(hex(value))"
        case .equal(let value): "\(argument) = \(hex(value))"
        case .greaterOrEqual(let value): "\(argument) ≥ \(hex(value))"
        case .greater(let value): "\(argument) > \(hex(value))"
        case .masked(let mask, let value): "\(argument) & \(hex(mask)) = \(hex(value))"
        }
    }

    private func hex(_ value: UInt64) -> String {
        value < 10 ? "\(value)" : "0x\(String(value, radix: 16))"
    }
}
