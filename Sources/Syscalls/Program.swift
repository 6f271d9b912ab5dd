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

/// Every variable of this process's environment that has a name and is UTF-8, in its order: environ(7).
public func environmentVariables() -> [(name: String, value: String)] {
    var result: [(name: String, value: String)] = []
    guard let list = bh_environment() else { return result }
    var position = 0
    while let entry = list[position] {
        position += 1
        guard let text = String(validatingCString: entry),
            let end = text.utf8.firstIndex(of: UInt8(ascii: "="))
        else { continue }
        result.append((String(text[..<end]), String(text[text.utf8.index(after: end)...])))
    }
    return result
}

/// Takes these permissions from every file that this process makes from now on. The corresponding
/// call is umask(2).
public func setFileModeMask(_ mask: UInt32) { bh_umask(mask) }

/// The same as execve(2) wants it: `NAME=VALUE` each.
public func environmentAssignments() -> [String] {
    environmentVariables().map { "\($0.name)=\($0.value)" }
}
