/// What is known of a service's health.
public enum HealthView: String, Hashable, Sendable, CaseIterable {
    case unknown, healthy, unhealthy
}
