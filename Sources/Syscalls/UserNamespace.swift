internal import CLinux

/// A user namespace that exists for its id maps only, as an idmapped mount needs one:
/// user_namespaces(7), mount_setattr(2).
public final class UserNamespace: Sendable {
    public let descriptor: FileDescriptor
    /// The process that the namespace was made with; killed, and reaped when there is time.
    private let holder: ProcessHandle

    /// - Parameter writeMaps: writes the maps of the process with this pid.
    public init(
        writeMaps: (Int32) throws(SystemCallError) -> Void
    ) throws(SystemCallError) {
        let holder = try spawnIDHolder()
        do throws(SystemCallError) {
            try writeMaps(holder.pid)
            descriptor = try open("/proc/\(holder.pid)/ns/user")
            try holder.signal(.SIGKILL)
        } catch {
            holder.killAndReap()
            throw error
        }
        self.holder = holder
    }

    deinit {
        // Fails only where somebody else has reaped it.
        _ = try? holder.wait()
    }
}

/// A child in a user namespace of its own. It sleeps, and ends with its handle's `killAndReap()` or
/// with its parent.
public func spawnIDHolder() throws(SystemCallError) -> ProcessHandle {
    var pid: Int32 = -1
    var pidfd: CInt = -1
    try checked("clone3", on: "a user namespace") { bh_spawn_id_holder(&pid, &pidfd) }
    return ProcessHandle(pid: pid, descriptor: FileDescriptor(owning: pidfd))
}
