/// How the health of a service is told.
public struct HealthPolicy: Hashable, Sendable {
    /// Until it has passed, the other two are not asked; when it fails, the service is restarted.
    public var startup: HealthCheck?
    /// Whether dependants may start and whether the service counts as ready. Never ends it.
    public var readiness: HealthCheck?
    /// When it fails, the service is unhealthy and is ended.
    public var liveness: HealthCheck?
    /// Ready only when it has said `READY=1`: sd_notify(3).
    public var notifiesReady: Bool
    /// Unhealthy when it says `WATCHDOG=1` less often than this: sd_watchdog_enabled(3).
    public var watchdog: Milliseconds?
    /// How long it may take to say `READY=1`; then it is unhealthy.
    public var startTimeout: Milliseconds

    public init() {
        notifiesReady = false
        startTimeout = Milliseconds(90_000)
    }

    public func check(_ purpose: HealthCheck.Purpose) -> HealthCheck? {
        switch purpose {
        case .startup: startup
        case .readiness: readiness
        case .liveness: liveness
        }
    }
}

/// One question that is asked again and again.
public struct HealthCheck: Hashable, Sendable {
    public enum Purpose: String, Hashable, Sendable, CaseIterable {
        case startup, readiness, liveness
    }

    public enum Probe: Hashable, Sendable {
        /// Runs inside the sandbox, counted against it; status 0 passes.
        case exec(command: [String])
        /// Inside the project's network namespace; statuses 200 to 399 pass.
        case http(port: UInt16, path: String)
        /// Inside the project's network namespace; a connection that is accepted passes.
        case tcp(port: UInt16)
        /// A file inside the sandbox that was modified no longer ago than this.
        case file(path: String, ageMax: Milliseconds)
    }

    public var probe: Probe
    public var interval: Milliseconds
    public var timeout: Milliseconds
    /// Consecutive results that change its mind.
    public var successThreshold: UInt32
    public var failureThreshold: UInt32
    /// Failures this soon after the start do not count.
    public var startPeriod: Milliseconds

    public init(_ probe: Probe) {
        self.probe = probe
        interval = Milliseconds(10_000)
        timeout = Milliseconds(5_000)
        successThreshold = 1
        failureThreshold = 3
        startPeriod = Milliseconds(0)
    }
}
