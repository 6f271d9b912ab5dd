internal import EventLoop
internal import Syscalls

/// A helper program of ours that answers with at most as much as a pipe holds, and ends: nothing here waits
/// for it.
final class AskedHelper {
    private let process: ProcessHandle
    private let answer: FileDescriptor
    private var sources: [EventSource] = []
    private var whenEnded: ((AskedHelper) -> Void)?

    /// Where it finds what, and where its answer goes.
    enum Streams {
        /// The question on standard input, the answer on standard output, no standard error.
        case standard(question: [UInt8])
        /// The question in its arguments, the answer on standard output, our standard error.
        case output
        /// The question in its arguments, the answer on descriptor 3, our standard error.
        case answerApart
    }

    private init(_ process: consuming ProcessHandle, answer: consuming FileDescriptor) {
        self.process = process
        self.answer = answer
    }

    deinit { stopWatching() }

    /// - Parameters:
    ///   - arguments: with the program's name first.
    ///   - limit: it is killed when it takes longer, in microseconds.
    ///   - ended: called once, from the loop, unless it is cancelled.
    static func start(
        _ loop: Loop, _ program: String, _ arguments: [String], environment: [String] = [],
        _ streams: Streams, limit: Int64? = nil,
        whenEnded ended: @escaping (AskedHelper) -> Void
    ) throws(SystemCallError) -> AskedHelper {
        let (reading, writing) = try pipe(nonBlocking: true).split()
        let answer = FileDescriptor(owning: reading)
        let output = FileDescriptor(owning: writing)
        func spawned(_ descriptors: [CInt?]) throws(SystemCallError) -> ProcessHandle {
            try spawnProgram(
                program, arguments: arguments, environment: environment, descriptors: descriptors)
        }
        let child: ProcessHandle
        switch streams {
        case .standard(let question):
            let input = try memoryFile("bulkhead-question", containing: question)
            child = try spawned([input.number, output.number, nil])
        case .output: child = try spawned([nil, output.number, 2])
        case .answerApart: child = try spawned([nil, nil, 2, output.number])
        }
        let helper = AskedHelper(child, answer: answer)
        do { try helper.watch(loop, limit) } catch {
            // Nobody would hear of its end.
            helper.cancel()
            throw error
        }
        helper.whenEnded = ended
        return helper
    }

    private func watch(_ loop: Loop, _ limit: Int64?) throws(SystemCallError) {
        sources.append(
            try loop.watch(process.descriptor.number, for: .readable) { [unowned self] _ in
                ended()
            })
        guard let limit else { return }
        let timer = try loop.timer { [unowned self] in
            // Its end is what is waited for: one that has ended already is reaped all the same.
            try? process.signal(.SIGKILL)
        }
        timer.set(at: loop.now + limit)
        sources.append(timer)
    }

    private func ended() {
        let tell = whenEnded
        stopWatching()
        tell?(self)
    }

    private func stopWatching() {
        for source in sources { source.cancel() }
        sources = []
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
