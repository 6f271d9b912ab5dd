/// A command that is wanted in a project's sandbox, in the words of whoever wants it; what is not said
/// is as the project's policy has it.
public struct CommandOrder: Hashable, Sendable {
    /// With its arguments.
    public var command: [String]
    public var identity: Identity?
    /// Beside the project's; these win.
    public var environment: [EnvironmentVariable]
    /// Inside the sandbox; nil: the project's directory.
    public var workingDirectory: String?
    /// Its own, below the project's; only what is set.
    public var limits: Limits
    public var terminal: Bool

    public init(_ command: [String]) {
        self.command = command
        environment = []
        limits = Limits()
        terminal = false
    }
}
