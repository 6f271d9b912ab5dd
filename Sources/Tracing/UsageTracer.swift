public import Syscalls

/// Counts which system calls the command of a sandbox makes, and all that it starts, while this lives.
public final class UsageTracer {
    private let counts: KernelTable
    private let program: KernelProgram
    private let beginning: KernelProgram

    /// - Parameter cgroup: the inode number of the directory below which the sandbox's cgroup will be.
    public init(cgroup: UInt64) throws(SystemCallError) {
        let state = try KernelTable(.array, keySize: 4, valueSize: 8, entries: 2)
        counts = try KernelTable(
            .array, keySize: 4, valueSize: 8, entries: Int(UsageProgram.counters))
        program = try KernelProgram(
            .tracepoint,
            UsageProgram.instructions(cgroup: cgroup, state: state.number, counts: counts.number))
        beginning = try KernelProgram(
            .tracepoint, UsageProgram.beginning(cgroup: cgroup, state: state.number))
        try beginning.attach(tracepoint: "sched_process_exec")
        try program.attach(tracepoint: "sys_enter")
    }

    /// By number, how often each was made; none where the command was not executed.
    public func read() throws(SystemCallError) -> [Int32: UInt64] {
        var result: [Int32: UInt64] = [:]
        for call in 0..<UsageProgram.counters {
            let key = bytes(UInt64(call), count: 4)
            let count = number(try counts.value(of: key) ?? bytes(0), at: 0, bytes: 8)
            if count > 0 { result[call] = count }
        }
        return result
    }

    public func detach() {
        program.detach()
        beginning.detach()
    }
}
