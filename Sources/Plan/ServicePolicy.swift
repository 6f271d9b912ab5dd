/// What a project wants of one service: a process tree that is kept running.
public struct ServicePolicy: Hashable, Sendable {
    public var name: WorkloadName
    /// The command and its arguments; never empty.
    public var command: [String]
    /// Nil: the project's.
    public var identity: Identity?
    /// Beside the project's; these win.
    public var environment: [EnvironmentVariable]
    /// Inside the sandbox; nil: the project's directory.
    public var workingDirectory: String?
    /// Its own, below the project's; only what is set.
    public var limits: Limits
    /// Services of the same project that must be ready first.
    public var after: [WorkloadName]
    /// Asks the first process to end: a number of signal(7).
    public var stopSignal: UInt8
    /// Between that and the kill of the whole tree.
    public var grace: Milliseconds
    public var restart: RestartPolicy
    public var breaker: BreakerPolicy
    public var health: HealthPolicy
    /// Whether it has a terminal of its own, to which `bulkhead attach` connects.
    public var terminal: Bool

    public init(name: WorkloadName, command: [String]) {
        self.name = name
        self.command = command
        environment = []
        limits = Limits()
        after = []
        stopSignal = 15
        grace = Milliseconds(10_000)
        restart = .standard
        breaker = .standard
        health = HealthPolicy()
        terminal = false
    }
}

/// A command that a project offers by name: `bulkhead run -p PROJECT TASK`.
public struct TaskPolicy: Hashable, Sendable {
    public var name: WorkloadName
    public var command: [String]
    public var identity: Identity?
    public var environment: [EnvironmentVariable]
    public var workingDirectory: String?
    public var limits: Limits
    /// After it, the task is killed; nil: never.
    public var timeLimit: Milliseconds?

    public init(name: WorkloadName, command: [String]) {
        self.name = name
        self.command = command
        environment = []
        limits = Limits()
    }
}

/// When a service that ended is started again, and how soon.
public struct RestartPolicy: Hashable, Sendable {
    public enum Condition: String, Hashable, Sendable, CaseIterable {
        case never = "no"
        /// It ended otherwise than with status 0, or was unhealthy.
        case onFailure = "on-failure"
        case always
        /// Only when its health check ended it.
        case onUnhealthy = "on-unhealthy"
    }

    public var condition: Condition
    /// The delay before the first restart; doubled for each one after it.
    public var delay: Milliseconds
    public var delayMax: Milliseconds
    /// How far a delay is moved by chance, in percent of it, so that many services do not start at
    /// once.
    public var jitterPercent: UInt8
    /// A service that ran this long begins with the first delay again.
    public var resetAfter: Milliseconds

    public init(
        condition: Condition, delay: Milliseconds, delayMax: Milliseconds, jitterPercent: UInt8,
        resetAfter: Milliseconds
    ) {
        self.condition = condition
        self.delay = delay
        self.delayMax = delayMax
        self.jitterPercent = jitterPercent
        self.resetAfter = resetAfter
    }

    public static let standard = RestartPolicy(
        condition: .onFailure, delay: Milliseconds(500), delayMax: Milliseconds(60_000),
        jitterPercent: 20, resetAfter: Milliseconds(60_000))
}

/// The circuit breaker of a service (M. Nygard, Release It!): after `failures` within `window` it
/// opens and the service is parked; after `cooldown` one probe run decides.
public struct BreakerPolicy: Hashable, Sendable {
    /// 0: there is no breaker.
    public var failures: UInt32
    public var window: Milliseconds
    public var cooldown: Milliseconds
    /// The probe run has proved itself when it was ready (or just ran, without a readiness check) this
    /// long.
    public var proof: Milliseconds

    public init(
        failures: UInt32, window: Milliseconds, cooldown: Milliseconds, proof: Milliseconds
    ) {
        self.failures = failures
        self.window = window
        self.cooldown = cooldown
        self.proof = proof
    }

    public static let standard = BreakerPolicy(
        failures: 5, window: Milliseconds(120_000), cooldown: Milliseconds(300_000),
        proof: Milliseconds(10_000))
}
