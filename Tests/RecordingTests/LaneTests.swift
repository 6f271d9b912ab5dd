import Syscalls
import Testing

@testable import Recording

@Suite struct LaneTests {
    /// One turn of who waits for a lane, without waiting.
    ///
    /// - Returns: whether anything came true.
    private func turn(_ lane: Lane, _ record: (String) -> Void = { _ in }) throws -> Bool {
        let wanted = lane.interests
        var entries = [wanted.source, wanted.target]
        try poll(&entries, timeoutMilliseconds: 0)
        if entries.allSatisfy(\.occurred.isEmpty) { return false }
        try lane.advance(entries[0].occurred, entries[1].occurred) {
            (text) throws(SystemCallError) in record(text)
        }
        return true
    }

    /// As many turns as it takes, and never more than `most`.
    private func turns(
        _ lane: Lane, most: Int, _ record: (String) -> Void = { _ in }
    ) throws -> Int {
        for count in 0..<most where try lane.isOver || !turn(lane, record) { return count }
        return most
    }

    /// Fills what `number` writes to, which does not block.
    private func fill(_ number: CInt) {
        while (try? write(someOf: [UInt8](repeating: 0x78, count: 4_096), to: number)) != nil {}
        while (try? write(someOf: [0x78], to: number)) != nil {}
    }

    @Test(arguments: [false, true])
    func whatIsSaidIsWrittenDownBeforeAnybodyHasIt(_ isTerminal: Bool) throws {
        let from = try pipe(nonBlocking: true)
        let to = try pipe(nonBlocking: true)
        let reading = to.read.number
        let lane = Lane(
            from: from.read.number, to: to.write.number, .output, isTerminal: isTerminal)
        try from.write.writeAll("hello")
        var recorded = ""
        _ = try turns(lane, most: 2) {
            recorded += $0
            #expect((try? Syscalls.read(upTo: 10, from: reading)) == nil)
        }
        #expect(recorded == "hello")
        #expect(try to.read.read(upTo: 10) == Array("hello".utf8))
    }

    @Test func whoDoesNotReadStopsWhoWrites() throws {
        let from = try pipe(nonBlocking: true)
        let to = try pipe(nonBlocking: true)
        fill(to.write.number)
        fill(from.write.number)
        let lane = Lane(from: from.read.number, to: to.write.number, .output, isTerminal: false)
        #expect(try turns(lane, most: 10) == 1)
        #expect(!lane.isOver)
        withExtendedLifetime(from) { withExtendedLifetime(to) {} }
    }

    /// Nobody will ever take it, which poll(2) says again and again.
    @Test(arguments: [false, true]) func aReaderWhoLeavesIsNoBusyLoop(_ isTerminal: Bool) throws {
        for code in [Cast.Code.output, .input] {
            let from = try pipe(nonBlocking: true)
            let (read, write) = try pipe(nonBlocking: true).split()
            let target = FileDescriptor(owning: write)
            fill(target.number)
            try from.write.writeAll("what nobody has taken yet")
            let lane = Lane(
                from: from.read.number, to: target.number, code, isTerminal: isTerminal)
            #expect(try turns(lane, most: 10) == 1)
            _ = FileDescriptor(owning: read)
            #expect(try turns(lane, most: 10) < 4)
            // What is typed at a terminal whose program has ended goes nowhere, and its line goes on.
            #expect(lane.outcome == (isTerminal && code == .input ? nil : .left))
            withExtendedLifetime(from) { withExtendedLifetime(target) {} }
        }
    }

    /// Somebody else may have what an ended program wrote to, and say more and more.
    @Test func whatIsLeftOfAnEndedOneHasAnEnd() throws {
        let from = try pipe(nonBlocking: true)
        let to = try pipe(nonBlocking: true)
        let lane = Lane(from: from.read.number, to: to.write.number, .output, isTerminal: false)
        var count = 0
        while !lane.isOver && count < 2_000 {
            fill(from.write.number)
            try lane.drain { (_) throws(SystemCallError) in }
            while !lane.isOver, try turn(lane) {
                while (try? to.read.read(upTo: 65_536)) != nil {}
            }
            count += 1
        }
        #expect(lane.outcome == .ended)
    }

    @Test func whatIsTypedIsNotCarriedToWhatHasEnded() throws {
        let from = try pipe(nonBlocking: true)
        let to = try pipe(nonBlocking: true)
        let lane = Lane(from: from.read.number, to: to.write.number, .input, isTerminal: false)
        try lane.drain { (_) throws(SystemCallError) in }
        #expect(lane.outcome == .left)
        withExtendedLifetime(from) { withExtendedLifetime(to) {} }
    }
}
