internal import CLinux

/// Descriptors that close together, each known by its number: what a launch holds until its child
/// has taken it over.
public struct DescriptorList: ~Copyable, Sendable {
    private var numbers: [CInt] = []

    public init() {}

    /// Takes a descriptor over and tells its number.
    public mutating func adopt(_ descriptor: consuming FileDescriptor) -> CInt {
        let number = descriptor.release()
        numbers.append(number)
        return number
    }

    deinit {
        for number in numbers.reversed() { _ = bh_close(number) }
    }
}
