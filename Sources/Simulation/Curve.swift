/// How much of a resource a modelled project could use, as time goes by. Amounts are millicores or bytes,
/// times milliseconds since the beginning of the simulation.
public struct Curve: Hashable, Sendable {
    public enum Shape: Hashable, Sendable {
        case constant(Double)
        /// `night` but between `from` and `to`, minutes of the day, of the days in `days` (bit 0 is Monday), where it is
        /// `day`; it takes `rise` to get there and back, the middle of which is at `from` and `to`.
        case diurnal(night: Double, day: Double, from: Int, to: Int, days: UInt8, rise: Int64)
        /// `peak` for `lasts`, once in every `every`, with `base` in between.
        case spike(base: Double, peak: Double, every: Int64, lasts: Int64)
        case step(before: Double, after: Double, at: Int64)
        case ramp(before: Double, after: Double, at: Int64, over: Int64)
        /// A Markov chain of two states, which last for so long on average.
        case bursty(idle: Double, busy: Double, idleFor: Int64, busyFor: Int64)
        /// Moves by at most `step` up or down every `every`, and turns at the ends.
        case walk(least: Double, most: Double, step: Double, every: Int64)
        /// What was measured: from each moment on so much, the first moment's before it.
        case recorded([Sample])
    }

    public struct Sample: Hashable, Sendable {
        public let time: Int64
        public let amount: Double

        public init(time: Int64, amount: Double) {
            self.time = time
            self.amount = amount
        }
    }

    public var shape: Shape
    /// How far each look at it is moved by chance: a share of it, up or down.
    public var noise: Double
    /// How much larger or smaller one project's is than that of the others in its group: a share.
    public var variation: Double
    /// How much later than the first one of its group a project may begin with it, drawn for each.
    public var spread: Int64

    public init(_ shape: Shape, noise: Double = 0, variation: Double = 0, spread: Int64 = 0) {
        self.shape = shape
        self.noise = noise
        self.variation = variation
        self.spread = spread
    }

    /// The most that it can ask for, with all that chance may add.
    public var most: Double {
        let level: Double =
            switch shape {
            case .constant(let level): level
            case .diurnal(let night, let day, _, _, _, _): max(night, day)
            case .spike(let base, let peak, _, _): max(base, peak)
            case .step(let before, let after, _), .ramp(let before, let after, _, _):
                max(before, after)
            case .bursty(let idle, let busy, _, _): max(idle, busy)
            case .walk(_, let most, _, _): most
            case .recorded(let samples): samples.map(\.amount).max() ?? 0
            }
        return level * (1 + noise) * (1 + variation)
    }
}

/// How far one project is on its curve.
struct CurveWalker {
    private var random: SeededRandom
    private let scale: Double
    private let shift: Int64
    /// Of a chain or a walk: what holds until `turn`; the place of a record.
    private var level = 0.0
    private var turn = Int64.min
    private var isBusy = false
    private var place = 0

    init(_ curve: Curve, seed: UInt64, stream: UInt64) {
        random = SeededRandom(seed, stream: stream)
        scale = curve.variation == 0 ? 1 : random.within(1 - curve.variation...1 + curve.variation)
        shift = random.below(curve.spread + 1)
    }

    /// - Parameters:
    ///   - time: no earlier than the last.
    ///   - weekMinute: at the beginning of the simulation, from Monday 0:00 on.
    mutating func amount(_ curve: Curve, at time: Int64, weekMinute: Int) -> Double {
        let amount = level(curve.shape, time - shift, weekMinute) * scale
        if curve.noise == 0 { return amount }
        return amount * random.within(1 - curve.noise...1 + curve.noise)
    }

    private mutating func level(_ shape: Curve.Shape, _ time: Int64, _ weekMinute: Int) -> Double {
        switch shape {
        case .constant(let level): return level
        case .diurnal(let night, let day, let from, let to, let days, let rise):
            let now = time + Int64(weekMinute) * 60_000
            let weekday = Int(floored(now, 86_400_000) % 7 + 7) % 7
            if days >> UInt8(weekday) & 1 == 0 { return night }
            let ofDay = now - floored(now, 86_400_000) * 86_400_000
            let up = smooth(ofDay - Int64(from) * 60_000, over: rise)
            let down = smooth(ofDay - Int64(to) * 60_000, over: rise)
            return night + (day - night) * (up - down)
        case .spike(let base, let peak, let every, let lasts):
            let since = time - floored(time, every) * every
            return time >= 0 && since < lasts ? peak : base
        case .step(let before, let after, let moment): return time >= moment ? after : before
        case .ramp(let before, let after, let moment, let over):
            if time <= moment { return before }
            return time >= moment + over
                ? after : before + (after - before) * Double(time - moment) / Double(over)
        case .bursty(let idle, let busy, let idleFor, let busyFor):
            if turn == .min {
                isBusy = random.unit() * Double(idleFor + busyFor) < Double(busyFor)
                turn = time
                stay(isBusy ? busyFor : idleFor)
            }
            while turn <= time {
                isBusy.toggle()
                stay(isBusy ? busyFor : idleFor)
            }
            return isBusy ? busy : idle
        case .walk(let least, let most, let step, let every):
            if turn == .min {
                level = random.within(least...most)
                turn = time + every
            }
            while turn <= time {
                level += random.within(-step...step)
                if level < least { level = min(most, 2 * least - level) }
                if level > most { level = max(least, 2 * most - level) }
                turn += every
            }
            return level
        case .recorded(let samples):
            while place + 1 < samples.count, samples[place + 1].time <= time { place += 1 }
            return samples.isEmpty ? 0 : samples[place].amount
        }
    }

    /// At least a millisecond, so that time goes by.
    private mutating func stay(_ mean: Int64) {
        turn += 1 + Int64(random.exponential(mean: Double(mean)))
    }
}

/// From 0 to 1, without a corner, in the middle of which time is 0.
private func smooth(_ time: Int64, over span: Int64) -> Double {
    if span <= 0 { return time >= 0 ? 1 : 0 }
    let x = min(1, max(0, Double(time) / Double(span) + 0.5))
    return x * x * (3 - 2 * x)
}

/// Rounded down also below 0.
func floored(_ dividend: Int64, _ divisor: Int64) -> Int64 {
    dividend >= 0 ? dividend / divisor : -((-dividend + divisor - 1) / divisor)
}
