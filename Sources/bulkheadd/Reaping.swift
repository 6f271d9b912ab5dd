internal import EventLoop
internal import Syscalls

/// A helper program of ours that runs until its caller has gone.
final class HelperProgram {
    let process: ProcessHandle
    var source: DescriptorSource?

    init(_ process: consuming ProcessHandle) { self.process = process }

    deinit { source?.cancel() }
}

extension Supervisor {
    /// Reaps the child when it has ended, and does `then`.
    func reapLater(
        _ child: consuming ProcessHandle, then: @escaping () -> Void = {}
    ) throws(SystemCallError) {
        let helper = HelperProgram(child)
        let number = helper.process.descriptor.number
        helper.source = try loop.watch(number, for: .readable) { [unowned self, unowned helper] _ in
            // Readable means ended: it does not wait.
            _ = try? helper.process.wait()
            helpers.removeAll { $0 === helper }
            then()
        }
        helpers.append(helper)
    }
}
