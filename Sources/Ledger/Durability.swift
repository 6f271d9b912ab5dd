/// What an acknowledged change outlives.
public enum Durability: Hashable, Sendable {
    /// A power cut: the change is on the disk when the call returns.
    case power
    /// The end of this process at any moment, SIGKILL included, but not a power cut. What a power
    /// cut leaves is still a prefix of all changes, and has every one of `power` in it.
    case process
}
