/// A system call that failed: which call, on what, and the kernel's reason.
public struct SystemCallError: Error, Hashable, Sendable {
    public let call: String
    public let target: String
    public let errno: Errno

    public init(_ call: String, on target: String, _ errno: Errno) {
        self.call = call
        self.target = target
        self.errno = errno
    }
}

extension SystemCallError: CustomStringConvertible {
    public var description: String { "\(call) \(target): \(errno)" }
}

/// Runs a shim, retries it while a signal interrupts it, and throws what it refuses.
@discardableResult
func checked(
    _ call: String, on target: @autoclosure () -> String, _ shim: () -> Int64
) throws(SystemCallError) -> Int64 {
    while true {
        let result = shim()
        if result >= 0 { return result }
        let errno = Errno(rawValue: CInt(-result))
        if errno != .EINTR { throw SystemCallError(call, on: target(), errno) }
    }
}
