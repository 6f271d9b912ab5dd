internal import Arguments
internal import Syscalls

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
            let piece = try readSome(from: number, upTo: 4_096)
            if piece.isEmpty { isOver = true }
            buffer += piece
        }
    }
}

/// Reads from a descriptor that somebody else owns: read(2).
func readSome(from number: CInt, upTo count: Int) throws(SystemCallError) -> [UInt8] {
    let borrowed = FileDescriptor(owning: number)
    do throws(SystemCallError) {
        let piece = try borrowed.read(upTo: count)
        _ = borrowed.release()
        return piece
    } catch {
        _ = borrowed.release()
        throw error
    }
}
