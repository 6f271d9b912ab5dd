import Control

/// A small generator whose numbers are the same in every run: SplitMix64.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Bytes without a NUL, as many as `count` allows.
    mutating func string(_ count: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: count, using: &self)).map { _ in
            UInt8.random(in: 1...255, using: &self)
        }
    }

    mutating func strings(_ count: ClosedRange<Int>) -> [[UInt8]] {
        (0..<Int.random(in: count, using: &self)).map { _ in string(0...40) }
    }

    mutating func spawnRequest() -> SpawnRequest {
        SpawnRequest(
            user: .random(in: 0...UInt32.max, using: &self),
            group: .random(in: 0...UInt32.max, using: &self),
            capabilities: next(),
            terminal: Bool.random(using: &self)
                ? .init(
                    rows: .random(in: 0...UInt16.max, using: &self),
                    columns: .random(in: 0...UInt16.max, using: &self)) : nil,
            resourceLimits: (0..<Int.random(in: 0...16, using: &self)).map { _ in
                .init(resource: UInt32(truncatingIfNeeded: next()), soft: next(), hard: next())
            },
            directory: string(0...80), candidates: strings(0...5), arguments: strings(1...6),
            environment: strings(0...6),
            filter: (0..<8 * Int.random(in: 1...30, using: &self)).map { _ in
                UInt8.random(in: 0...255, using: &self)
            },
            writable: strings(0...4), lingers: Bool.random(using: &self))
    }

    mutating func initMessage() -> InitMessage {
        let pid = UInt32(truncatingIfNeeded: next())
        switch Int.random(in: 0...5, using: &self) {
        case 0: return .spawn
        case 1: return .signal(.random(in: 1...64, using: &self))
        case 2: return .started(pid: pid)
        case 3:
            return .notStarted(
                SpawnStage.allCases.randomElement(using: &self)!,
                errno: Int32(truncatingIfNeeded: next()))
        case 4: return .casualty(pid: pid, name: string(0...15))
        default:
            let signalled = Bool.random(using: &self)
            return .ended(
                .init(
                    pid: pid, signalled: signalled,
                    status: .random(in: signalled ? 1...64 : 0...255, using: &self),
                    userTime: next(), systemTime: next(), name: string(0...15)))
        }
    }
}
