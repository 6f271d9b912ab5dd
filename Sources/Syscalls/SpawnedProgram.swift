internal import CLinux

/// Starts a program in a process of its own, with no signal blocked. The corresponding C function is
/// posix_spawn(3).
///
/// - Parameters:
///   - arguments: with the program's name first.
///   - environment: `NAME=VALUE` each.
///   - descriptors: ours that become its 0, 1, 2, …, each either its own number already or above all
///     of them; nil becomes /dev/null.
public func spawnProgram(
    _ path: String, arguments: [String], environment: [String], descriptors: [CInt?]
) throws(SystemCallError) -> ProcessHandle {
    let argumentStrings = arguments.map(copyOfCString)
    let environmentStrings = environment.map(copyOfCString)
    defer { for string in argumentStrings + environmentStrings { string.deallocate() } }
    let numbers = descriptors.map { $0 ?? -1 }
    let count = UInt32(numbers.count)
    // The call takes them as mutable and changes nothing.
    let argumentList = argumentStrings.map { Optional(UnsafeMutablePointer(mutating: $0)) } + [nil]
    let environmentList =
        environmentStrings.map { Optional(UnsafeMutablePointer(mutating: $0)) } + [nil]
    var pid: Int32 = 0
    try checked("posix_spawn", on: path) {
        bh_spawn_program(path, argumentList, environmentList, numbers, count, &pid)
    }
    // It cannot have become another's number: nobody but us reaps it.
    let child = pid
    let descriptor = try checked("pidfd_open", on: path) { bh_pidfd_open(child) }
    return ProcessHandle(pid: child, descriptor: FileDescriptor(owning: CInt(descriptor)))
}

/// The number of a group, nil where there is none of that name. The corresponding C function is
/// getgrnam_r(3).
public func groupNumber(_ name: String) throws(SystemCallError) -> UInt32? {
    do {
        return UInt32(try checked("getgrnam_r", on: name) { bh_group_number(name) })
    } catch  where error.errno == .ENOENT { return nil }
}

/// Becomes another user for good: with no supplementary group, no capability and no way to either.
/// Only for a process of one thread. The corresponding calls are setresuid(2) and setresgid(2).
public func become(user: UInt32, group: UInt32) throws(SystemCallError) {
    try checked("setresuid", on: "user \(user), group \(group)") { bh_become(user, group) }
}

/// Begins a session of our own, so that what we start from here on can be ended with us. The
/// corresponding call is setsid(2).
public func beginSession() throws(SystemCallError) {
    try checked("setsid", on: "a new session") { bh_begin_session() }
}

/// Kills ourselves and every process of our session that has begun no other. The corresponding call is
/// kill(2), with 0 for our own process group.
public func killOwnGroup() { bh_kill_own_group() }
