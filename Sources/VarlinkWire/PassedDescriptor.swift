public import Syscalls

/// A descriptor that came from another process or is on its way to one: closed with the last reference
/// to it, unless it was taken.
public final class PassedDescriptor {
    private var owned: CInt?

    public init(_ descriptor: consuming FileDescriptor) { owned = descriptor.release() }

    deinit {
        if let owned { _ = FileDescriptor(owning: owned) }
    }

    /// Its number, for as long as this is referenced; nil once it was taken.
    public var number: CInt? { owned }

    /// Gives it to an owner; nil from the second time on.
    public func take() -> FileDescriptor? {
        guard let number = owned else { return nil }
        owned = nil
        return FileDescriptor(owning: number)
    }
}
