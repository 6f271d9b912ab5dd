internal import CLinux

/// How many descriptors a process may have. The corresponding call is prlimit(2), `RLIMIT_NOFILE`.
public func openFilesLimit(
    of process: borrowing ProcessHandle
) throws(SystemCallError) -> (soft: UInt64, hard: UInt64) {
    let pid = process.pid
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    try checked("prlimit", on: "process \(pid)") { bh_open_files_get(pid, &soft, &hard) }
    // Only now is it certain that the number still meant this process.
    try process.checkAlive()
    return (soft, hard)
}

/// Sets it. The process is made certain of before: between the two, its number could come to mean
/// another only after all others of the machine were used.
public func setOpenFilesLimit(
    of process: borrowing ProcessHandle, soft: UInt64, hard: UInt64
) throws(SystemCallError) {
    let pid = process.pid
    try process.checkAlive()
    try checked("prlimit", on: "process \(pid)") { bh_open_files_set(pid, soft, hard) }
}
