import Syscalls
import Testbed
import Testing

@testable import Recording

@Suite struct RecordingFileTests {
    private let header = Cast.header(size: nil, at: 0, title: "t", command: "")

    /// A file with a header, and what comes of it by `write`.
    private func written(
        sizeMax: Int64, _ write: (inout RecordingFile) throws(SystemCallError) -> Void
    ) throws -> (bytes: [UInt8], error: SystemCallError?) {
        let file = try memoryFile("recording", containing: header)
        let order = RecorderOrder(
            recordsInput: false, sizeMax: sizeMax, began: monotonicMicroseconds())
        var failure: SystemCallError?
        do {
            var recording = try RecordingFile(try FileDescriptor(duplicating: file.number), order)
            do throws(SystemCallError) { try write(&recording) } catch { failure = error }
        }
        try file.seekToStart()
        return (try file.readAll(limit: 1 << 20), failure)
    }

    /// Wherever the bound is: it is never passed, and the end always says why it is one.
    @Test func itIsNeverLargerThanItMayBe() throws {
        for sizeMax in Int64(300)...500 {
            let (bytes, error) = try written(sizeMax: sizeMax) {
                (file) throws(SystemCallError) in
                for _ in 0..<50 { try file.append(.output, "0123456789") }
            }
            #expect(error?.call == RecordingFile.fullCall)
            #expect(bytes.count <= sizeMax && Cast.end(in: bytes) == .full)
            // Not much smaller either.
            #expect(Int64(bytes.count) > sizeMax - 200)
        }
    }

    @Test func whatIsWrittenComesAfterWhatIsThere() throws {
        let (bytes, error) = try written(sizeMax: 1 << 20) { (file) throws(SystemCallError) in
            try file.append(.output, "")
            try file.append(.output, "a")
            try file.append(.resize, "90x40")
            try file.end(.ended)
        }
        #expect(error == nil && bytes.starts(with: header))
        let lines = bytes.dropFirst(header.count).split(separator: UInt8(ascii: "\n"))
        #expect(
            lines.map { CastEvent(line: Array($0))?.text }
                == ["a", "90x40", "end of the recording"])
    }

    /// One that another process writes is not written to.
    @Test func itIsLockedByItsRecorder() throws {
        let file = try memoryFile("recording", containing: header)
        #expect(try file.lockHolder(ofByteAt: RecorderOrder.lockedByte) == nil)
        let order = RecorderOrder(recordsInput: false, sizeMax: 1 << 20, began: 0)
        let recording = try RecordingFile(try FileDescriptor(duplicating: file.number), order)
        // The kernel tells a process nothing of its own locks.
        #expect(try file.lockHolder(ofByteAt: RecorderOrder.lockedByte) == nil)
        _ = consume recording
    }

    @Test(arguments: [
        [], ["all"], ["some", "1", "2"], ["all", "x", "2"], ["all", "1", ""],
        ["all", "1", "2", "3"],
    ])
    func whatIsNoOrderIsNone(_ words: [String]) { #expect(RecorderOrder(words: words) == nil) }

    @Test func anOrderComesBackAsItWas() {
        for recordsInput in [false, true] {
            let order = RecorderOrder(recordsInput: recordsInput, sizeMax: 65_536, began: 77)
            #expect(RecorderOrder(words: order.words) == order)
        }
    }
}
