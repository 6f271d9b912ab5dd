internal import Configuration
internal import Plan
internal import Simulation

/// What is read of `demand`: one of the shapes, and what chance does to it.
struct DemandDraft {
    var shape: Curve.Shape?
    /// Percent.
    var noise: UInt8 = 0
    var variation: UInt8 = 0
    /// Milliseconds.
    var spread: Int64 = 0

    var curve: Curve? {
        shape.map {
            Curve(
                $0, noise: Double(noise) / 100, variation: Double(variation) / 100,
                spread: spread)
        }
    }
}

/// Whatever a shape may have; each has some of it.
struct ShapeDraft: Sendable {
    var low = 0.0
    var high = 0.0
    var step = 0.0
    /// Milliseconds.
    var at: Int64 = 0
    var first: Int64 = 0
    var second: Int64 = 0
    var from = "09:00"
    var to = "17:00"
    var days: [Located<String>] = []
}

/// The keys of `demand`, for one kind of amount.
struct DemandTable: Sendable {
    /// A size, or a number of processors.
    let amount: Amount

    struct Amount: Sendable {
        let kind: String
        let example: String
        let parse: @Sendable (String) throws(InvalidValue) -> Double

        var value: Value<Double> { Value(kind, parse) }
    }

    static let shapes = ["constant", "diurnal", "spike", "step", "ramp", "bursty", "walk"]

    var table: Table<DemandDraft> {
        Table(
            "demand", shorthand: "constant",
            alternatives: Self.shapes,
            [constant, diurnal, spike, step, ramp, bursty, walk] + chance)
    }

    private var constant: Key<DemandDraft> {
        let parse = amount.parse
        let value = Value<Curve.Shape>(amount.kind) { (text) throws(InvalidValue) in
            .constant(try parse(text))
        }
        return .scalar(
            "constant", value, About("The same all the time.", example: amount.example),
            to: \.shape)
    }

    private var diurnal: Key<DemandDraft> {
        shape(
            "diurnal", "One amount by day, another by night.",
            [
                low("night"), high("day"),
                .scalar(
                    "from", .timeOfDay,
                    About("When it is half way up.", standard: "09:00", example: "08:30"),
                    to: \.from),
                .scalar(
                    "to", .timeOfDay,
                    About("When it is half way down.", standard: "17:00", example: "18:00"),
                    to: \.to),
                .list(
                    "days", of: .weekday,
                    About(
                        "The days that have a day.", standard: "monday to friday",
                        example: "[monday, tuesday]"), to: \.days),
                span("rise", \.first),
            ], needs: ["night", "day"]
        ) {
            .diurnal(
                night: $0.low, day: $0.high, from: minuteOfDay($0.from), to: minuteOfDay($0.to),
                days: weekdays($0.days), rise: $0.first == 0 ? 3_600_000 : $0.first)
        }
    }

    private var spike: Key<DemandDraft> {
        shape(
            "spike", "High for a while, again and again.",
            [low("base"), high("peak"), span("every", \.first), span("lasts", \.second)],
            needs: ["base", "peak", "every", "lasts"]
        ) { .spike(base: $0.low, peak: $0.high, every: $0.first, lasts: $0.second) }
    }

    private var step: Key<DemandDraft> {
        shape(
            "step", "Another amount from a time on.",
            [low("from"), high("to"), span("at", \.at)], needs: ["from", "to", "at"]
        ) { .step(before: $0.low, after: $0.high, at: $0.at) }
    }

    private var ramp: Key<DemandDraft> {
        shape(
            "ramp", "From one amount to another, evenly.",
            [low("from"), high("to"), span("at", \.at), span("over", \.first)],
            needs: ["from", "to", "at", "over"]
        ) { .ramp(before: $0.low, after: $0.high, at: $0.at, over: $0.first) }
    }

    private var bursty: Key<DemandDraft> {
        shape(
            "bursty", "Busy and idle by turns, for times that are distributed exponentially.",
            [
                low("idle"), high("busy"), span("idle_for", \.first), span("busy_for", \.second),
            ], needs: ["idle", "busy", "idle_for", "busy_for"]
        ) { .bursty(idle: $0.low, busy: $0.high, idleFor: $0.first, busyFor: $0.second) }
    }

    private var walk: Key<DemandDraft> {
        shape(
            "walk", "Moves up and down by chance between two ends.",
            [
                low("least"), high("most"), span("every", \.first),
                .scalar(
                    "step", amount.value, About("At most, each time.", example: amount.example),
                    to: \.step),
            ], needs: ["least", "most", "step", "every"]
        ) { .walk(least: $0.low, most: $0.high, step: $0.step, every: $0.first) }
    }

    private var chance: [Key<DemandDraft>] {
        [
            .scalar(
                "noise", .percent,
                About("Moved at each look, up or down.", standard: "0%", example: "10%"),
                to: \.noise),
            .scalar(
                "varies", .percent,
                About(
                    "How much larger or smaller one project's is than another's.", standard: "0%",
                    example: "30%"), to: \.variation),
            .scalar(
                "spread", time(from: 0),
                About("How much later a project may be with it.", standard: "0s", example: "30m"),
                to: \.spread),
        ]
    }

    // MARK: Parts

    private func low(_ name: String) -> Key<ShapeDraft> {
        .scalar(name, amount.value, About("An amount.", example: amount.example), to: \.low)
    }

    private func high(_ name: String) -> Key<ShapeDraft> {
        .scalar(name, amount.value, About("An amount.", example: amount.example), to: \.high)
    }

    private func span(_ name: String, _ place: Place<ShapeDraft, Int64>) -> Key<ShapeDraft> {
        .scalar(
            name, Scenarios.time(from: name == "at" ? 0 : 1_000),
            About("A time.", example: "10m"), to: place)
    }

    private func shape(
        _ name: String, _ meaning: String, _ keys: [Key<ShapeDraft>], needs: [String],
        make: @escaping @Sendable (ShapeDraft) -> Curve.Shape
    ) -> Key<DemandDraft> {
        .made(
            name, Table("demand.\(name)", keys), About(meaning, example: "{…}"), of: ShapeDraft(),
            to: \.shape
        ) { draft, node, reading in
            if let missing = needs.first(where: { !has(node, $0) }) {
                reading.refuse(
                    node.position, "has no \(missing)",
                    hint: "it takes \(needs.joined(separator: ", "))")
                return nil
            }
            let shape = make(draft)
            if let reason = contradiction(in: shape) { reading.refuse(node.position, reason) }
            return shape
        }
    }
}

/// Whether a mapping has a key; a single value stands for a whole mapping.
func has(_ node: Node, _ key: String) -> Bool {
    guard case .mapping(let entries) = node.content else { return true }
    return entries.contains { $0.key == key }
}

/// What no single key shows.
private func contradiction(in shape: Curve.Shape) -> String? {
    switch shape {
    case .diurnal(_, _, let from, let to, _, _):
        from < to ? nil : "from is not before to: a day that ends after midnight is a night"
    case .spike(_, _, let every, let lasts): lasts <= every ? nil : "lasts is longer than every"
    case .walk(let least, let most, _, _): least <= most ? nil : "least is above most"
    case .constant, .step, .ramp, .bursty, .recorded: nil
    }
}
