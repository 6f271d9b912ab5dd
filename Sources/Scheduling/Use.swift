/// What a project used over a span of time, and whether that was all it could have used.
public struct Use: Hashable, Sendable {
    /// The share of the span, from 0 to 1, in which some task stood still for want of a resource
    /// (PSI, `some`: Documentation/accounting/psi.rst).
    public struct Pressure: Hashable, Sendable {
        public var cpu: Double
        public var memory: Double
        public var io: Double

        public init(cpu: Double = 0, memory: Double = 0, io: Double = 0) {
            self.cpu = cpu
            self.memory = memory
            self.io = io
        }
    }

    /// Millicores, the mean over the span.
    public var cpu: Double
    /// Bytes, the most in the span.
    public var memory: Double
    /// Bytes.
    public var disk: Double
    /// Agents that run or wait.
    public var slots: Double
    public var pressure: Pressure
    /// Processes killed in the span because memory was at its limit.
    public var kills: Int
    /// How long the span was, in milliseconds.
    public var milliseconds: Int64

    public init(
        cpu: Double, memory: Double, disk: Double = 0, slots: Double = 0,
        pressure: Pressure = Pressure(), kills: Int = 0, milliseconds: Int64
    ) {
        self.cpu = cpu
        self.memory = memory
        self.disk = disk
        self.slots = slots
        self.pressure = pressure
        self.kills = kills
        self.milliseconds = milliseconds
    }

    /// The amounts, with 0 in place of what is no amount: a counter that went back says nothing.
    var amounts: Amounts {
        Amounts(
            cpu: Self.sound(cpu), memory: Self.sound(memory), disk: Self.sound(disk),
            slots: Self.sound(slots))
    }

    private static func sound(_ value: Double) -> Double {
        value > 0 ? min(value, Amounts.most) : 0
    }

    /// As a share from 0 to 1, whatever was said.
    static func share(_ value: Double) -> Double { value > 0 ? min(value, 1) : 0 }
}
