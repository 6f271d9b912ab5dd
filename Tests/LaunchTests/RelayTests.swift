import Syscalls
import Testbed
import Testing

@testable import Launch

@Suite(.serialized) struct RelayTests {
    /// A relay from one pipe into another: `input` → relay → `output`.
    private struct Line: ~Copyable {
        var input: FileDescriptor?
        var output: FileDescriptor?
        let relay: Relay
        let ends: (source: CInt, target: CInt)

        init() throws {
            let (source, input) = try pipe(nonBlocking: true).split()
            let (output, target) = try pipe(nonBlocking: true).split()
            self.input = FileDescriptor(owning: input)
            self.output = FileDescriptor(owning: output)
            relay = Relay(from: source, to: target, isInput: false, closes: [source, target])
            ends = (source, target)
        }

        func write(_ bytes: [UInt8]) throws { try input?.writeAll(bytes) }

        func read() -> [UInt8] { (try? output?.read(upTo: 1 << 20)) ?? [] }

        /// One turn: false where nothing can be done.
        func turn() throws -> Bool {
            guard let interest = relay.interest else { return false }
            var entries = [interest]
            try poll(&entries, timeoutMilliseconds: 0)
            if entries[0].occurred.isEmpty { return false }
            relay.advance(entries[0].occurred)
            return true
        }
    }

    @Test func everyByteArrivesInOrderAndTheEndBehindIt() throws {
        var line = try Line()
        let sent = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        try line.write(sent)
        line.input = nil
        var received: [UInt8] = []
        while try line.turn() { received += line.read() }
        let isOver = line.relay.isOver
        #expect(received == sent)
        #expect(isOver)
        #expect(line.read() == [], "the end")
    }

    @Test func whoDoesNotReadStopsWhoWrites() throws {
        let line = try Line()
        let piece = [UInt8](repeating: 1, count: 4_096)
        var written = 0
        while true {
            let took = (try? line.write(piece)) != nil
            let turned = try line.turn()
            if !took && !turned { break }
            written += took ? 1 : 0
        }
        // Two pipes of 64 KiB and one piece; more would be memory of ours.
        #expect(written < 200)
        let interest = line.relay.interest?.events
        #expect(interest == .writable)
        let first = line.read().count
        #expect(first > 0)
        #expect(try line.turn(), "room is used again")
    }

    @Test func aTargetThatTakesAPartGetsTheRestLater() throws {
        let line = try Line()
        // Room for less than a piece.
        let target = line.ends.target
        let page = [UInt8](repeating: 9, count: 4_096)
        var filled = 0
        while let count = try? write(someOf: page, to: target) { filled += count }
        try line.write([UInt8](repeating: 7, count: 4_096))
        _ = try line.turn()
        #expect(try !line.turn())
        var rest = filled + 4_096
        var last: UInt8 = 0
        while rest > 0 {
            let bytes = line.read()
            rest -= bytes.count
            last = bytes.last ?? last
            _ = try line.turn()
        }
        #expect(rest == 0)
        #expect(last == 7)
    }

    @Test func aReaderThatHasGoneEndsTheRelayAndClosesItsSource() throws {
        let queue = try SignalQueue([.SIGPIPE])
        var line = try Line()
        line.output = nil
        try line.write([1])
        while try line.turn() {}
        let isOver = line.relay.isOver
        #expect(isOver)
        // Whoever writes to us is told, as by the reader itself.
        let error = failure { () throws(SystemCallError) in try line.input?.writeAll([2]) }
        #expect(error?.errno == .EPIPE)
        while try queue.next() != nil {}
    }

    @Test func aTurnForNothingIsNoEnd() throws {
        let line = try Line()
        line.relay.advance([])
        // poll(2) said what was no longer true.
        line.relay.advance(.readable)
        let isOver = line.relay.isOver
        #expect(!isOver)
        try line.write([5])
        while try line.turn() {}
        #expect(line.read() == [5])
    }

    @Test func whatItOwnsIsClosedOnce() throws {
        let left = try leaks {
            for ends in [true, false] {
                let line = try Line()
                if ends { line.relay.end() }
                line.relay.end()
            }
            _ = try Line()
        }
        #expect(left == [])
    }
}
