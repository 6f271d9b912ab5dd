internal import CCapability
public import Plan

/// Capabilities as bits, as capset(2) takes them: bit N is capability N of capabilities(7).
public struct CapabilitySet: Hashable, Sendable {
    public let bits: UInt64

    /// The set of capabilities with these names: `CAP_NET_BIND_SERVICE`. The corresponding C
    /// function is cap_from_name(3).
    public init(named names: [String]) throws(InvalidValue) {
        var bits: UInt64 = 0
        for name in names {
            var value: cap_value_t = 0
            guard cap_from_name(name, &value) == 0, (0..<64).contains(value) else {
                throw InvalidValue(
                    "--cap", name, "is no capability that this system knows",
                    hint: "capabilities(7) lists them")
            }
            bits |= 1 << UInt64(value)
        }
        self.bits = bits
    }
}
