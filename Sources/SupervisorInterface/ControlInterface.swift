/// The interface over which people and programs speak to the supervisor: its names, and its definition
/// in Varlink's language, which is also docs/io.bulkhead.Supervisor.varlink.
public enum ControlInterface {
    public static let name = "io.bulkhead.Supervisor"

    /// The full name of a method or an error.
    public static func full(_ name: String) -> String { "io.bulkhead.Supervisor.\(name)" }

    /// Where the supervisor listens.
    public static let socketPath = "/run/bulkhead/control.sock"

    /// Whose members may call, beside root.
    public static let groupName = "bulkhead"

    /// What everybody else is told, and what they can do about it.
    public static let denial = "the supervisor does not listen to you"
    public static let denialHint =
        "be root (sudo), or become a member of the group bulkhead: usermod -aG bulkhead USER"

    /// Full names of the methods that make no sense to a caller who takes one reply only.
    public static let streaming: Set<String> = [full("Logs"), full("Watch"), full("StorageDiff")]

    /// Full names of errors.
    public enum ErrorName {
        public static let projectNotFound = full("ProjectNotFound")
        public static let serviceNotFound = full("ServiceNotFound")
        public static let runNotFound = full("RunNotFound")
        public static let wrongPhase = full("WrongPhase")
        public static let alreadyRegistered = full("AlreadyRegistered")
        public static let configurationInvalid = full("ConfigurationInvalid")
        public static let notStarted = full("NotStarted")
        public static let quotaRefused = full("QuotaRefused")
        public static let timeout = full("Timeout")
        public static let notPermitted = full("NotPermitted")
        public static let storageConflict = full("StorageConflict")
        public static let profileConflict = full("ProfileConflict")
        public static let failed = full("Failed")

        public static let all = [
            projectNotFound, serviceNotFound, runNotFound, wrongPhase, alreadyRegistered,
            configurationInvalid, notStarted, quotaRefused, timeout, notPermitted,
            storageConflict, profileConflict, failed,
        ]
    }
}
