internal import Plan
internal import Syscalls

/// What becomes standard input, output and error of a run in a supervised sandbox.
public enum RunStreams: Hashable, Sendable {
    /// Output goes to the journal, line by line; input is empty.
    case logged
    /// Output goes nowhere; input is empty.
    case discarded
    /// Somebody's descriptors. They are copied: whoever has them closes them.
    case passed(input: CInt, output: CInt, error: CInt)
    /// A terminal of the sandbox's own. What comes from it is logged while nobody is attached.
    case terminal(rows: UInt16, columns: UInt16)
}

extension RunStreams {
    /// Throws `unsuitableStream` for what must not get into a sandbox: whoever holds a terminal of the
    /// host can change its modes, and on some kernels type into it; a directory is a way out.
    public func check() throws(LaunchError) {
        guard case .passed(let input, let output, let error) = self else { return }
        for (number, name) in [(input, "input"), (output, "output"), (error, "error")] {
            let kind = try StandardStreams.examine(number, name)
            if kind == .terminal {
                throw .unsuitableStream(name: name, kind: "terminal of the host")
            }
            if kind == .closed { throw .failed(SystemCallError("statx", on: name, .EBADF)) }
        }
    }

    var descriptors: [CInt] {
        guard case .passed(let input, let output, let error) = self else { return [] }
        return [input, output, error]
    }
}
