internal import Arguments
internal import Plan
internal import Syscalls

/// `bulkhead shell`: does what each line of standard input says.
///
/// - Returns: the exit status of the last line that was done.
func runShell() -> Int32 {
    var input = LineReader(0)
    var status: Int32 = 0
    do throws(SystemCallError) {
        while let line = try input.next() {
            switch obey(line) {
            case .done(let ended): status = ended
            case .nothing: continue
            case .leave: return status
            }
        }
    } catch {
        report(InvalidValue("standard input", "0", "cannot be read: \(error.errno)"))
        return 1
    }
    return status
}

enum LineOutcome {
    case nothing
    case done(Int32)
    case leave
}

/// Does what one line says.
func obey(_ line: String) -> LineOutcome {
    do throws(InvalidValue) {
        var words = try CommandLineWords(parsing: line).words
        // By habit.
        if words.first == "bulkhead" { words.removeFirst() }
        guard let first = words.first, first.utf8.first != UInt8(ascii: "#") else {
            return .nothing
        }
        if first == "exit" || first == "quit" { return .leave }
        return .done(Bulkhead.run(words: words))
    } catch {
        report(error)
        return .done(2)
    }
}

/// Lines of a descriptor that somebody else owns.
struct LineReader {
    private let number: CInt
    private var buffer: [UInt8] = []
    private var isOver = false

    init(_ number: CInt) { self.number = number }

    /// The next line without its end, nil after the last; one that is longer than a line may be is
    /// returned as far as it was read.
    mutating func next() throws(SystemCallError) -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeFirst(end + 1)
                return line
            }
            if isOver || buffer.count > CommandLineWords.bytesMax {
                if buffer.isEmpty { return nil }
                let line = String(decoding: buffer, as: UTF8.self)
                buffer = []
                return line
            }
            let piece = try read(number)
            if piece.isEmpty { isOver = true }
            buffer += piece
        }
    }

    private func read(_ number: CInt) throws(SystemCallError) -> [UInt8] {
        let borrowed = FileDescriptor(owning: number)
        do throws(SystemCallError) {
            let piece = try borrowed.read(upTo: 4_096)
            _ = borrowed.release()
            return piece
        } catch {
            _ = borrowed.release()
            throw error
        }
    }
}
