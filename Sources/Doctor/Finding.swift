/// One thing about this machine that matters to a sandbox.
public struct Finding: Hashable, Sendable {
    public enum Status: String, Hashable, Sendable {
        case ok
        /// Sandboxes run, but less is enforced, recorded or offered.
        case degraded
        /// `bulkhead run` with its defaults is refused.
        case missing
    }

    public let status: Status
    /// What it is about, in a word or two.
    public let subject: String
    /// What was found.
    public let found: String
    /// What to do about it; nil where all is well or nothing can be done.
    public let advice: String?
    /// Whether what is missing is a limit, which `--allow-unlimited` does without.
    let liftedByAllowUnlimited: Bool

    init(
        _ status: Status, _ subject: String, _ found: String, _ advice: String? = nil,
        liftedByAllowUnlimited: Bool = false
    ) {
        self.liftedByAllowUnlimited = liftedByAllowUnlimited
        self.status = status
        self.subject = subject
        self.found = found
        self.advice = advice
    }
}
