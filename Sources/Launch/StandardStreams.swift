internal import Plan
internal import Syscalls

/// What becomes the command's standard input, output and error, and what is left for us to carry
/// over.
///
/// A terminal of the host never enters a sandbox: whoever holds one can change its modes, and on
/// some kernels type into it (ioctl_tty(2), TIOCSTI).
public struct StandardStreams: ~Copyable {
    /// What init gets as 0, 1 and 2.
    public let numbers: (CInt, CInt, CInt)
    private let held: DescriptorList
    public var relays: [Relay]
    /// The caller's terminal on standard input, to be put into raw mode.
    public let rawInput: CInt?

    public init(terminal: Bool, interactive: Bool) throws(LaunchError) {
        var held = DescriptorList()
        var relays: [Relay] = []
        var numbers: [CInt] = []
        let kinds = [
            try Self.examine(0, "input"), try Self.examine(1, "output"),
            try Self.examine(2, "error"),
        ]
        do throws(SystemCallError) {
            for (number, kind) in kinds.enumerated() {
                let number = CInt(number)
                if terminal || kind == .closed || (number == 0 && kind == .terminal && !interactive)
                {
                    // With a terminal of its own the streams come from that.
                    numbers.append(held.adopt(try open("/dev/null", .readWrite)))
                } else if kind == .terminal {
                    let (read, write) = try pipe().split()
                    let ours = number == 0 ? write : read
                    numbers.append(
                        held.adopt(FileDescriptor(owning: number == 0 ? read : write)))
                    try setNonBlocking(ours)
                    relays.append(
                        number == 0
                            ? Self.relay(fromStream: 0, to: ours, closes: [ours])
                            : Self.relay(from: ours, toStream: number, closes: [ours]))
                } else {
                    numbers.append(number)
                }
            }
        } catch { throw .failed(error) }
        self.numbers = (numbers[0], numbers[1], numbers[2])
        self.held = held
        self.relays = relays
        rawInput = terminal && interactive && kinds[0] == .terminal ? 0 : nil
    }

    /// A relay from one of our own standard streams.
    public static func relay(fromStream number: CInt, to target: CInt, closes owned: [CInt])
        -> Relay
    {
        let source = reopened(number, .readOnly)
        return Relay(
            from: source ?? number, to: target, isInput: true,
            closes: owned + [source].compactMap(\.self))
    }

    /// A relay to one of our own standard streams.
    public static func relay(from source: CInt, toStream number: CInt, closes owned: [CInt])
        -> Relay
    {
        let target = reopened(number, .writeOnly)
        return Relay(
            from: source, to: target ?? number, isInput: false,
            closes: owned + [target].compactMap(\.self))
    }

    /// A terminal or pipe once more, as an open file description of our own that does not block: the
    /// one that we were given is our caller's too. Nil for anything else, and where it cannot be
    /// opened; then what poll(2) says has to do.
    private static func reopened(_ number: CInt, _ access: OpenFlags) -> CInt? {
        guard let kind = try? examine(number, ""), kind == .terminal || kind == .pipe else {
            return nil
        }
        let flags: OpenFlags = [access, .nonBlocking, .noControllingTerminal]
        return (try? open("/proc/self/fd/\(number)", flags))?.release()
    }

    enum Kind { case closed, terminal, pipe, plain }

    static func examine(_ number: CInt, _ name: String) throws(LaunchError) -> Kind {
        let status: FileStatus
        do { status = try FileStatus(at: number, path: "", flags: .emptyPath) } catch
            where error.errno == .EBADF
        {
            return .closed
        } catch { throw .failed(error) }
        switch status.kind {
        case .directory: throw .unsuitableStream(name: name, kind: "directory")
        case .blockDevice: throw .unsuitableStream(name: name, kind: "block device")
        case .symbolicLink, .unknown: throw .unsuitableStream(name: name, kind: "path")
        case .characterDevice: return isTerminal(number) ? .terminal : .plain
        case .fifo: return .pipe
        case .regular, .socket: return .plain
        }
    }
}
