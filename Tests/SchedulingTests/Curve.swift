import Scheduling
import Testbed

/// How much memory a modelled project wants, minute by minute, in mebibytes.
struct Curve {
    enum Shape: CaseIterable { case diurnal, office, growing, spiky, bursty, steady }

    private let shape: Shape
    private let base: Double
    /// Minutes by which its day is later than that of others.
    private let shift: Int
    private var random: Seeded
    private var spike = 0.0
    private var spikeLeft = 0
    private var burst = 0.0

    init(_ shape: Shape, seed: UInt64) {
        self.shape = shape
        random = Seeded(seed)
        base = 200 + Double(random.below(800))
        shift = random.below(180)
    }

    /// - Parameter minute: from Monday, midnight, of the first week.
    mutating func next(_ minute: Int) -> Double {
        let noise = 1 + (Double(random.below(1_000)) / 1_000 - 0.5) * 0.04
        let inDay = (minute + shift) % 1_440
        let day = (minute + shift) / 1_440 % 7
        switch shape {
        case .steady: return base * noise
        case .diurnal:
            // A triangle from 1 at night to 3 in the afternoon.
            let part = Double(inDay < 720 ? inDay : 1_440 - inDay) / 720
            return base * (1 + 2 * part) * noise
        case .office:
            // Three times as much from nine to six on working days, reached within half an hour.
            let since = Double(max(0, min(inDay - 540, 1_080 - inDay, 30))) / 30
            return base * (day < 5 ? 1 + 2 * since : 1) * noise
        case .growing:
            return base * (1 + Double(minute) / 20_160) * noise
        case .spiky:
            // Twice as much for ten minutes, three times a day, reached within some minutes.
            if spikeLeft == 0, random.oneIn(480) { spikeLeft = 14 }
            spikeLeft = max(0, spikeLeft - 1)
            spike += ((spikeLeft > 4 ? 1 : 0) - spike) / 2
            return base * (1 + spike) * noise
        case .bursty:
            // A random walk that comes back.
            burst += (Double(random.below(1_000)) / 1_000 - 0.5) * 0.06 - burst * 0.01
            return base * (1.5 + max(-0.5, burst)) * noise
        }
    }
}
