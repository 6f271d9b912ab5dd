/// Why a run ended, or why a project is slow or does not run: one word each, the same in the ledger,
/// on the wire and in scripts.
public enum RunCause: String, Hashable, Sendable, CaseIterable {
    /// By itself, with whatever status.
    case exited
    /// By a signal that neither Bulkhead nor the kernel's limits sent.
    case signal
    /// Its first process was killed at a `memory.max`.
    case memoryMax = "memory-max"
    /// Another process of it was killed at a `memory.max`, and the first one lived on, or gave up.
    case memoryChild = "memory-child"
    /// The machine, or a cgroup above Bulkhead's, ran out of memory.
    case memoryMachine = "memory-machine"
    /// A fork was refused, and it gave up.
    case pids
    /// There was no room, or no inode, left on the project's storage, and it gave up.
    case disk, inodes
    /// It called what its seccomp profile kills for.
    case seccomp
    case health
    case timeLimit = "time-limit"
    /// Its quota was wanted for others.
    case preempted
    case `operator`
    /// What it depends on is not there.
    case dependency
    /// The supervisor stopped everything: the machine goes down.
    case supervisorStop = "supervisor-stop"
    /// It was lost with its sandbox or with the machine.
    case lost
    /// Another configuration came into force.
    case configuration
    case notStarted = "not-started"

    // MARK: Of what has not ended

    case running
    case slowCPU = "slow-cpu"
    case slowMemory = "slow-memory"
    case slowIO = "slow-io"
}
