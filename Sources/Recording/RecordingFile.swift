internal import Syscalls

/// A recording as its recorder writes it.
struct RecordingFile: ~Copyable {
    private let file: FileDescriptor
    private let began: Int64
    private let sizeMax: Int64
    private var size: Int64
    /// When it was last on the disk for certain.
    private var synchronized: Int64
    private(set) var isSynchronized = true

    /// What an error names that tells of the bound and not of the disk.
    static let fullCall = "write to a recording"

    /// Takes the lock that says that somebody is writing.
    init(
        _ file: consuming FileDescriptor, _ order: RecorderOrder
    ) throws(SystemCallError) {
        guard try file.lockOwnByte(at: RecorderOrder.lockedByte) else {
            throw SystemCallError("fcntl F_SETLK", on: "a recording", .EAGAIN)
        }
        size = try file.seekToEnd()
        self.file = file
        began = order.began
        sizeMax = order.sizeMax
        synchronized = monotonicMicroseconds()
    }

    mutating func append(_ code: Cast.Code, _ text: String) throws(SystemCallError) {
        if text.isEmpty { return }
        let line = Cast.line(code, text, at: monotonicMicroseconds() - began)
        // There is always room for the words at the end.
        if size + Int64(line.count + Cast.endBytesMax) > sizeMax {
            try end(.full)
            throw SystemCallError(Self.fullCall, on: "its file", .ENOSPC)
        }
        try write(line)
    }

    mutating func end(_ end: Cast.End) throws(SystemCallError) {
        try write(Cast.line(.marker, end.rawValue, at: monotonicMicroseconds() - began))
        try file.synchronize()
    }

    private mutating func write(_ line: [UInt8]) throws(SystemCallError) {
        try file.writeAll(line)
        size += Int64(line.count)
        isSynchronized = false
    }

    /// Has the disk take it, if that was not done for so many milliseconds.
    mutating func synchronize(every interval: Int64) throws(SystemCallError) {
        if isSynchronized || monotonicMicroseconds() - synchronized < interval * 1_000 { return }
        try file.synchronize()
        synchronized = monotonicMicroseconds()
        isSynchronized = true
    }
}
