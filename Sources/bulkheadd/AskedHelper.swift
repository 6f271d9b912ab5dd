internal import EventLoop
internal import Syscalls

/// A helper program of ours that answers with at most as much as a pipe holds, and ends: nothing here waits
/// for it.
final class AskedHelper {
    let process: ProcessHandle
    private let answer: FileDescriptor
    private var source: DescriptorSource?
    private var whenEnded: ((AskedHelper) -> Void)?

    /// Where it finds what, and where its answer goes.
    enum Streams {
        /// The question on standard input, the answer on standard output, no standard error.
        case standard(question: [UInt8])
        /// The question in its arguments, the answer on descriptor 3, our standard error.
        case answerApart
    }

    private init(_ process: consuming ProcessHandle, answer: consuming FileDescriptor) {
        self.process = process
        self.answer = answer
    }

    deinit { source?.cancel() }

    /// - Parameters:
    ///   - arguments: with the program's name first.
    ///   - ended: called once, from the loop, unless it is cancelled.
    static func start(
        _ loop: Loop, _ program: String, _ arguments: [String], _ streams: Streams,
        whenEnded ended: @escaping (AskedHelper) -> Void
    ) throws(SystemCallError) -> AskedHelper {
        let (reading, writing) = try pipe(nonBlocking: true).split()
        let answer = FileDescriptor(owning: reading)
        let output = FileDescriptor(owning: writing)
        let child: ProcessHandle
        switch streams {
        case .standard(let question):
            let input = try memoryFile("bulkhead-question", containing: question)
            child = try spawnProgram(
                program, arguments: arguments, environment: [],
                descriptors: [input.number, output.number, nil])
        case .answerApart:
            child = try spawnProgram(
                program, arguments: arguments, environment: [],
                descriptors: [nil, nil, 2, output.number])
        }
        let helper = AskedHelper(child, answer: answer)
        helper.whenEnded = ended
        helper.source = try loop.watch(helper.process.descriptor.number, for: .readable) {
            [unowned helper] _ in
            helper.ended()
        }
        return helper
    }

    private func ended() {
        let tell = whenEnded
        stopWatching()
        tell?(self)
    }

    private func stopWatching() {
        source?.cancel()
        source = nil
        whenEnded = nil
    }

    /// After it has ended: how, and what it said.
    func outcome() -> (status: ProcessExit.Status?, answer: [UInt8]) {
        // Readable means ended: it does not wait.
        let exit = try? process.wait()
        return (exit?.status, (try? answer.read(upTo: Self.answerBytesMax)) ?? [])
    }

    /// Ends it, and nobody hears what it would have said.
    func cancel() {
        stopWatching()
        process.killAndReap()
    }

    /// What a pipe holds: pipe(7).
    private static let answerBytesMax = 65_536
}
