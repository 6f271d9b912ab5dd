extension Condition {
    /// Instructions that fall through where the condition holds, and else jump over what follows
    /// them: `failing` instructions.
    ///
    /// BPF compares 32 bits, so the upper half goes first and the lower decides a tie.
    func instructions(failing: UInt8) -> [Instruction] {
        switch comparison {
        case .equal(let value):
            return half(.upper, .max, value, failing + 2) + half(.lower, .max, value, failing)
        case .masked(let mask, let value):
            let lower = half(.lower, mask, value, failing)
            return half(.upper, mask, value, failing + UInt8(lower.count)) + lower
        case .notEqual(let value):
            return [
                load(.upper), .jumpIfEqual(Half.upper.of(value), then: 0, else: 2),
                load(.lower), .jumpIfEqual(Half.lower.of(value), then: failing, else: 0),
            ]
        case .greaterOrEqual(let value):
            return above(value) + [
                .jumpIfAtLeast(Half.lower.of(value), then: 0, else: failing)
            ]
        case .greater(let value):
            return above(value) + [
                .jumpIfGreater(Half.lower.of(value), then: 0, else: failing)
            ]
        case .less(let value):
            return below(value) + [
                .jumpIfAtLeast(Half.lower.of(value), then: failing, else: 0)
            ]
        case .lessOrEqual(let value):
            return below(value) + [
                .jumpIfGreater(Half.lower.of(value), then: failing, else: 0)
            ]
        }

        /// Decided by the upper half, or the lower one is loaded for the comparison that follows.
        func above(_ value: UInt64) -> [Instruction] {
            let upper = Half.upper.of(value)
            return [
                load(.upper), .jumpIfGreater(upper, then: 3, else: 0),
                .jumpIfEqual(upper, then: 0, else: failing + 2), load(.lower),
            ]
        }

        func below(_ value: UInt64) -> [Instruction] {
            let upper = Half.upper.of(value)
            return [
                load(.upper), .jumpIfGreater(upper, then: failing + 3, else: 0),
                .jumpIfEqual(upper, then: 0, else: 2), load(.lower),
            ]
        }
    }

    private enum Half: UInt32 {
        case lower = 0
        case upper = 4

        func of(_ value: UInt64) -> UInt32 {
            UInt32(truncatingIfNeeded: self == .lower ? value : value >> 32)
        }
    }

    /// One half under a mask; nothing where the mask leaves it out.
    private func half(
        _ half: Half, _ mask: UInt64, _ value: UInt64, _ failing: UInt8
    ) -> [Instruction] {
        let bits = half.of(mask)
        if bits == 0 { return [] }
        return [load(half)] + (bits == .max ? [] : [.and(bits)])
            + [.jumpIfEqual(half.of(value), then: 0, else: failing)]
    }

    /// Struct seccomp_data: the arguments begin at 16, eight bytes each, the lower half first.
    private func load(_ half: Half) -> Instruction { .load(16 + 8 * index + half.rawValue) }
}
