internal import CLinux

/// The current directory, absolute and without symbolic links; `ENOENT` where it was removed,
/// `EINVAL` where its name is not UTF-8. The corresponding call is getcwd(2).
public func currentDirectoryPath() throws(SystemCallError) -> String {
    // PATH_MAX of limits.h.
    var buffer = [CChar](repeating: 0, count: 4_096)
    let size = buffer.count
    try checked("getcwd", on: "the current directory") { bh_getcwd(&buffer, size) }
    // The kernel ends it with a NUL.
    guard let path = buffer.withUnsafeBufferPointer({ String(validatingCString: $0.baseAddress!) })
    else {
        throw SystemCallError("getcwd", on: "the current directory", .EINVAL)
    }
    return path
}

/// Ends this program at once; nothing is flushed. The corresponding call is _exit(2).
public func endProgram(_ status: Int32) -> Never { bh_exit(status) }

/// The value of a variable of this process's environment, nil where it is not set or not UTF-8. The
/// corresponding C function is getenv(3).
public func environmentVariable(_ name: String) -> String? {
    guard let value = bh_getenv(name) else { return nil }
    return String(validatingCString: value)
}
