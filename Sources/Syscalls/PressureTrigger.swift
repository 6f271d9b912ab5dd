/// Tells when processes of a cgroup have waited too long for a resource:
/// Documentation/accounting/psi.rst. It costs nothing while they do not wait.
public struct PressureTrigger: ~Copyable, Sendable {
    public let descriptor: FileDescriptor

    /// - Parameters:
    ///   - path: `…/cpu.pressure`
    ///   - stall: as much waiting in any `window` is told; both in microseconds. A window is half a
    ///     second to ten, and told of at most once.
    public init(_ path: String, stall: Int64, window: Int64) throws(SystemCallError) {
        let opened = try open(path, [.readWrite, .nonBlocking])
        // The kernel takes the last byte for the end of the text.
        try opened.writeAll("some \(stall) \(window)\u{0}")
        descriptor = consume opened
    }
}
