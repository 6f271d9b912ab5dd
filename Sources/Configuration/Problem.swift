internal import Plan

/// One thing that is wrong with a configuration, fit for one line.
public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
    public let position: Position
    /// The way to the key from the top of the file, with dots between: `projects.shop.limits`. Empty
    /// where the whole file is meant.
    public let path: String
    public let reason: String
    public let hint: String?

    init(_ position: Position, _ reason: String, hint: String? = nil) {
        self.init(position, "", reason, hint: hint)
    }

    init(_ position: Position, _ path: String, _ reason: String, hint: String? = nil) {
        self.position = position
        self.path = path
        self.reason = reason
        self.hint = hint
    }

    /// `bulkhead.yaml:3:5: projects.shop.limits: unknown key 'memry'; did you mean 'memory'?`
    public var description: String {
        let place = path.isEmpty ? "\(position)" : "\(position): \(path)"
        return "\(place): \(reason)" + (hint.map { "; \($0)" } ?? "")
    }
}
