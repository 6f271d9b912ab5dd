/// What is shown of a circuit breaker.
public enum BreakerView: String, Hashable, Sendable, CaseIterable {
    case closed, open
    case halfOpen = "half-open"
}
