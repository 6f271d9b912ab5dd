public import Plan
public import Scheduling

/// What is simulated: a machine, how long, and who comes to it. Everything in it has been checked.
public struct Scenario: Hashable, Sendable {
    /// What the projects share.
    public struct Machine: Hashable, Sendable {
        /// Millicores.
        public var cpu: Double
        /// Bytes.
        public var memory: Double
        /// Agents at the same time.
        public var agents: Double
        /// What is not given to projects.
        public var reservedCPU: Double
        public var reservedMemory: Double
        /// How many projects may run at the same time.
        public var projectsMax: Int

        public init(cpu: Double, memory: Double) {
            self.cpu = cpu
            self.memory = memory
            agents = 100
            reservedCPU = 0
            reservedMemory = 0
            projectsMax = Scenario.projectsMax
        }
    }

    public var machine: Machine
    public var groups: [ProjectGroup]
    /// Milliseconds, as all times here.
    public var duration: Int64
    /// In minutes from Monday 0:00 on.
    public var startMinuteOfWeek: Int
    public var seed: UInt64
    public var strategy: Strategy
    /// Between two looks at what projects use.
    public var interval: Int64
    /// Between two divisions.
    public var rebalance: Int64
    /// Between two rows of the time series.
    public var report: Int64

    /// A supervisor's configuration has no more either.
    public static let projectsMax = 1_000_000
    /// A leap year.
    public static let durationMax: Int64 = 366 * 86_400_000
    /// Rows of a time series: more than a plot has pixels.
    public static let rowsMax = 100_000

    public init(machine: Machine, groups: [ProjectGroup], duration: Int64) {
        self.machine = machine
        self.groups = groups
        self.duration = duration
        startMinuteOfWeek = 0
        seed = 1
        strategy = .dynamic
        interval = 30_000
        rebalance = 30_000
        report = 60_000
    }

    public var projectCount: Int { groups.reduce(0) { $0 + $1.count } }
}

/// Projects that are alike but for what chance does to each.
public struct ProjectGroup: Hashable, Sendable {
    public enum Arrival: Hashable, Sendable {
        /// All at this time.
        case at(Int64)
        /// One after the other, with so much time between them on average, from `from` on.
        case poisson(every: Int64, from: Int64)
    }

    /// What a project has to do with one resource: millicores or bytes.
    public struct Need: Hashable, Sendable {
        public var demand: Curve
        public var guarantee: Double
        /// What is in force as long as no strategy moves it; nil: nothing limits it.
        public var limit: Double?
        /// Of memory: the limit that is configured for a strategy that moves it, which is what it may give at
        /// most; nil: `limit`.
        public var ceiling: Double?

        public init(_ demand: Curve, guarantee: Double = 0, limit: Double? = nil) {
            self.demand = demand
            self.guarantee = guarantee
            self.limit = limit
        }
    }

    /// Its projects are called `NAME-NUMBER`.
    public var name: String
    public var count: Int
    public var priority: Priority
    /// What its weight is multiplied by: `cpu_priority`.
    public var weight: Double
    public var arrival: Arrival
    /// How long a project stays once it was let in, on average of an exponential distribution; nil: to the end.
    public var lives: Int64?
    public var cpu: Need
    public var memory: Need
    /// Agents that it wants at the same time.
    public var agents: Double
    /// How often it fails by itself in an hour, on average.
    public var crashesPerHour: Double
    public var workHours: WorkHours?

    public init(name: String, count: Int, cpu: Need, memory: Need) {
        self.name = name
        self.count = count
        self.cpu = cpu
        self.memory = memory
        priority = .normal
        weight = 1
        arrival = .at(0)
        agents = 0
        crashesPerHour = 0
    }
}
