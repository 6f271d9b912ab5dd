import Testing

@testable import Syscalls

@Suite(.serialized) struct WaitingTests {
    @Test func whatHappenedIsToldOfEachEntry() throws {
        let ends = try pipe()
        var entries = [
            PollEntry(ends.read.number, .readable), PollEntry(ends.write.number, .writable),
            PollEntry(-1, .readable),
        ]
        try poll(&entries, timeoutMilliseconds: 0)
        #expect(entries.map(\.occurred) == [[], .writable, []])
        try ends.write.writeAll([1])
        try poll(&entries, timeoutMilliseconds: nil)
        #expect(entries.map(\.occurred) == [.readable, .writable, []])
    }

    @Test func aClosedOtherEndIsSeenOnBothSides() throws {
        let (read, write) = try pipe().split()
        let reader = FileDescriptor(owning: read)
        _ = FileDescriptor(owning: write)
        var entries = [PollEntry(reader.number, .readable)]
        try poll(&entries, timeoutMilliseconds: nil)
        #expect(entries[0].occurred == .hungUp)
        let (otherRead, otherWrite) = try pipe().split()
        let writer = FileDescriptor(owning: otherWrite)
        _ = FileDescriptor(owning: otherRead)
        entries = [PollEntry(writer.number, .writable)]
        try poll(&entries, timeoutMilliseconds: nil)
        #expect(entries[0].occurred.contains(.failed))
    }

    @Test func waitingEndsWithItsTime() throws {
        var none: [PollEntry] = []
        let begin = monotonicMicroseconds()
        try poll(&none, timeoutMilliseconds: 20)
        sleep(milliseconds: 10)
        let waited = monotonicMicroseconds() - begin
        #expect(waited >= 30_000)
    }

    @Test func randomBytesAreNotTheSameTwice() throws {
        #expect(try randomBytes(0) == [])
        #expect(try randomBytes(16).count == 16)
        #expect(try randomBytes(16) != randomBytes(16))
    }

    @Test func signalsHaveTheirNames() {
        #expect(Signal.SIGHUP.name == "SIGHUP")
        #expect(Signal.SIGKILL.name == "SIGKILL")
        #expect(Signal.SIGWINCH.name == "SIGWINCH")
        #expect(Signal(rawValue: 31).name == "SIGSYS")
        #expect(Signal(rawValue: 0).name == "signal 0")
        #expect(Signal(rawValue: 40).name == "signal 40")
        #expect(Signal(rawValue: -1).name == "signal -1")
    }
}
