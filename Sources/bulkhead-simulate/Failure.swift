internal import Configuration
internal import Plan
internal import Syscalls

/// Why there is no simulation.
enum Failure: Error {
    /// A scenario, with everything that is wrong with it.
    case refused(ConfigurationError)
    case invalid(InvalidValue)
    /// A file that cannot be read or written.
    case file(String, SystemCallError)

    /// One for each thing that is wrong.
    var lines: [String] {
        switch self {
        case .refused(let error): error.lines
        case .invalid(let error):
            ["bulkhead: \(error.message)" + (error.hint.map { " (hint: \($0))" } ?? "")]
        case .file(let path, let error):
            ["bulkhead: \(quoted(path)): \(error.call): \(error.errno)"]
        }
    }
}

/// Reads a file whole.
func contents(of path: String, limit: Int) throws(Failure) -> [UInt8] {
    do throws(SystemCallError) {
        return try open(path).readAll(limit: limit)
    } catch {
        if error.errno != .EFBIG { throw .file(path, error) }
        throw .invalid(
            InvalidValue("file", path, "is larger than \(Bytes(UInt64(limit)))"))
    }
}

/// Where lines go while they are made: a file, or standard output (`-`).
final class Sink {
    /// Kept open; nil for standard output.
    private let file: FileDescriptor?
    private let number: CInt
    private let path: String
    private var buffer: [UInt8] = []
    /// The first one; what follows is not written.
    private var failure: SystemCallError?

    /// As much as is written at once.
    private static let pieceMax = 1 << 16

    init(_ path: String) throws(Failure) {
        self.path = path
        if path == "-" {
            file = nil
            number = 1
            return
        }
        do throws(SystemCallError) {
            let opened = try open(path, [.writeOnly, .create, .truncate], mode: 0o644)
            number = opened.number
            file = consume opened
        } catch { throw .file(path, error) }
    }

    func add(_ text: String) {
        buffer += Array(text.utf8)
        if buffer.count >= Self.pieceMax { flush() }
    }

    private func flush() {
        if failure == nil {
            do throws(SystemCallError) {
                try write(allOf: buffer, to: number)
            } catch { failure = error }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Writes what is left.
    func close() throws(Failure) {
        flush()
        // Nobody who reads is no failure of ours.
        if let failure, failure.errno != .EPIPE { throw .file(path, failure) }
    }
}
