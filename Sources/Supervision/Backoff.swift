import Plan

/// How long to wait before trying again: longer each time, and moved a little by chance.
struct Backoff: Hashable {
    /// Delays since the last reset.
    var consecutive: UInt32 = 0

    mutating func reset() { consecutive = 0 }

    /// The delay before the next try, and counts it.
    ///
    /// - Parameter chance: any number. The same one gives the same delay, so that a supervisor that
    ///   was killed and restored decides as the first one would have.
    mutating func delay(by policy: RestartPolicy, chance: UInt64) -> Milliseconds {
        let least = max(policy.delay.count, Self.delayLeast.count)
        let most = max(least, min(policy.delayMax.count, Milliseconds.most.count))
        // 2^37 ms are more than `most` already.
        let doubled = min(least, most) << UInt64(min(consecutive, 17))
        consecutive = consecutive == .max ? .max : consecutive + 1
        let middle = min(doubled, most)
        let reach = middle * UInt64(min(policy.jitterPercent, 100)) / 100
        let moved = middle - reach + (reach == 0 ? 0 : chance % (2 * reach + 1))
        return Milliseconds(max(Self.delayLeast.count, min(moved, most)))
    }

    /// A policy without a delay must not make a loop that costs a processor.
    static let delayLeast = Milliseconds(100)
}

/// A number that is the same for the same words and numbers, and looks like chance: FNV-1a over them,
/// mixed by the finaliser of SplitMix64.
func chance(_ seed: UInt64, _ project: ProjectName, _ service: WorkloadName?, _ count: UInt64)
    -> UInt64
{
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ seed
    for byte in project.text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    hash = (hash ^ 0xFF) &* 0x0000_0100_0000_01B3
    if let service {
        for byte in service.text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }
    hash &+= count &* 0x9E37_79B9_7F4A_7C15
    return mixed(hash)
}

/// The finaliser of SplitMix64: numbers that are close become numbers that have nothing to do with each other.
package func mixed(_ number: UInt64) -> UInt64 {
    var result = number
    result = (result ^ (result >> 30)) &* 0xBF58_476D_1CE4_E5B9
    result = (result ^ (result >> 27)) &* 0x94D0_49BB_1331_11EB
    return result ^ (result >> 31)
}
