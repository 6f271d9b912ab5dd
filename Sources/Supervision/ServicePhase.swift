/// What a service is doing, in one word.
public enum ServicePhase: String, Hashable, Sendable, CaseIterable {
    /// Not wanted, or ended in a way after which its policy does not restart it.
    case stopped
    /// Wanted, and waiting for what it comes after.
    case waiting
    /// Its run was asked for.
    case starting
    case running
    /// It was told to end, and is killed when its grace is over.
    case stopping
    /// It ended, and is started again when the delay is over.
    case backingOff = "backing-off"
    /// Its circuit breaker is open.
    case parked
    /// An operator stopped it.
    case held
}
