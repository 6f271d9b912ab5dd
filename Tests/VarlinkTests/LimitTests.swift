import EventLoop
import JSONTree
import Syscalls
import Testbed
import Testing
import VarlinkWire

@testable import Varlink

struct LimitTests {
    private let echo = #"{"method":"org.example.test.Echo","parameters":{"text":"a"}}"#
    private let echoed = #"{"parameters":{"text":"a","descriptors":0}}"#
    private let later = #"{"method":"org.example.test.Later","parameters":{"text":"a"}}"#
    private let full = #"{"error":"org.example.test.Bad","parameters":{"why":"full"}}"#

    private func fill(_ size: Int) -> String {
        #"{"method":"org.example.test.Fill","parameters":{"size":\#(size)}}"# + "\0"
    }

    /// Turns the loop for this long.
    private func pass(_ milliseconds: Int64, _ fixture: ServerFixture) throws {
        let end = monotonicMicroseconds() + milliseconds * 1_000
        while monotonicMicroseconds() < end {
            _ = try fixture.loop.turn(timeoutMicroseconds: 5_000)
        }
    }

    // MARK: Messages

    @Test func aMessageBeyondTheBoundEndsTheConnection() throws {
        let fixture = try ServerFixture { $0.messageMax = 1_000 }
        let caller = try fixture.connect()
        let other = try fixture.connect()
        try caller.send([UInt8](repeating: 0x20, count: 1_001))
        #expect(try caller.replies() == [] && caller.hasEnded)
        #expect(try other.call(echo) == [echoed])
    }

    @Test func endlessJSONCostsNoMoreThanOneMessage() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        var sent = 0
        let piece = Array(String(repeating: "[", count: 65_536).utf8)
        // Until the server has enough of it.
        while sent < 8 << 20 {
            do throws(SystemCallError) {
                let count = try caller.socket.send(piece[...])
                sent += count
                if count == 0 { try? fixture.settle() }
            } catch {
                #expect(error.errno == .EPIPE)
                break
            }
        }
        #expect(sent < 2 << 20 && fixture.server.connectionCount == 0)
    }

    @Test func halfAMessageIsWaitedForAndNotForEver() throws {
        let fixture = try ServerFixture {
            $0.messageTimeout = 100_000
            $0.deadlineInterval = 20_000
        }
        let (half, idle) = (try fixture.connect(), try fixture.connect())
        let busy = try fixture.connect()
        #expect(try idle.call(echo) == [echoed])
        #expect(try busy.call(later + "\0" + #"{"method"#) == [])
        try half.send(#"{"method":"#)
        try fixture.settle()
        #expect(fixture.server.connectionCount == 3)
        try pass(400, fixture)
        #expect(try half.replies() == [] && half.hasEnded)
        // Silence between messages is nobody's fault, and so is a call that takes long.
        #expect(try idle.call(echo) == [echoed])
        #expect(fixture.server.connectionCount == 2)
        // What it sends bit by bit has to be there in the same time.
        let slow = try fixture.connect()
        for _ in 0..<100 where !slow.hasEnded {
            do { try slow.send(" ") } catch { break }
            try pass(10, fixture)
            _ = try slow.replies()
        }
        #expect(slow.hasEnded)
    }

    @Test func aHangUpInTheMiddleOfAMessageLeavesNothing() throws {
        let fixture = try ServerFixture()
        for cut in [1, 20, 50] {
            do {
                let caller = try fixture.connect()
                try caller.send(Array(echo.utf8.prefix(cut)))
                try fixture.settle()
                #expect(fixture.server.connectionCount == 1)
            }
            try fixture.settle()
            #expect(fixture.server.connectionCount == 0)
        }
    }

    // MARK: Replies

    @Test func whoReadsNothingIsAnsweredNoFurtherAndThenDropped() throws {
        let fixture = try ServerFixture {
            $0.outputTimeout = 100_000
            $0.deadlineInterval = 20_000
        }
        let (slow, other) = (try fixture.connect(), try fixture.connect())
        for _ in 0..<50 { try slow.send(fill(100_000)) }
        try fixture.settle()
        // What the kernel holds, one reply above the mark, and no more.
        #expect(fixture.server.bufferedTotal < 300_000)
        #expect(try other.call(echo) == [echoed])
        try pass(400, fixture)
        #expect(fixture.server.connectionCount == 1)
    }

    @Test func whoReadsSlowlyGetsAll() throws {
        let fixture = try ServerFixture()
        let slow = try fixture.connect()
        for _ in 0..<50 { try slow.send(fill(100_000)) }
        try fixture.settle()
        let replies = try slow.replies()
        #expect(replies.count == 50 && replies.allSatisfy { $0.utf8.count == 100_026 })
        #expect(fixture.server.bufferedTotal == 0)
    }

    @Test func aStreamThatNobodyReadsIsEndedAndItsSourceHearsOfIt() throws {
        let fixture = try ServerFixture { $0.outputMax = 1 << 20 }
        let slow = try fixture.connect()
        try slow.send(#"{"method":"org.example.test.Stream","more":true}"# + "\0")
        try fixture.settle()
        let call = fixture.waiting.removeFirst()
        var hasHungUp = false
        call.onHangUp { hasHungUp = true }
        var count = 0
        while call.isOpen && count < 1_000_000 {
            call.reply(["number": 1], continues: true)
            count += 1
            // Told by the loop, never from within a reply.
            #expect(!hasHungUp)
        }
        #expect((20_000..<100_000).contains(count))
        try fixture.settle()
        #expect(hasHungUp && fixture.server.connectionCount == 0)
    }

    @Test func allBuffersTogetherAreBounded() throws {
        let fixture = try ServerFixture {
            $0.buffersMax = 1 << 20
            $0.bufferFree = 1_000
        }
        let callers = try (0..<10).map { _ in try fixture.connect() }
        let other = try fixture.connect()
        for caller in callers {
            // It may be dropped while it sends.
            try? caller.send([UInt8](repeating: 0x20, count: 200_000))
            try fixture.settle()
            #expect(fixture.server.bufferedTotal <= 1 << 20)
        }
        #expect((6...7).contains(fixture.server.connectionCount))
        #expect(try other.call(echo) == [echoed])
    }

    // MARK: Connections

    @Test func oneThatNeverSpokeMakesRoomAndOneThatDidNever() throws {
        let fixture = try ServerFixture { $0.connectionsOfRootMax = 3 }
        let (spoken, silent, newer) = (
            try fixture.connect(), try fixture.connect(), try fixture.connect()
        )
        #expect(try spoken.call(echo) == [echoed])
        let last = try fixture.connect()
        #expect(try last.call(echo) == [echoed])
        #expect(try silent.replies() == [] && silent.hasEnded)
        #expect(try newer.call(echo) == [echoed])
        // All have spoken: there is no room.
        let refused = try fixture.connect()
        #expect(try refused.replies() == [full] && refused.hasEnded)
        #expect(try spoken.call(echo) == [echoed] && last.call(echo) == [echoed])
        #expect(fixture.server.connectionCount == 3)
    }

    @Test func theCountOfAllIsBoundedToo() throws {
        let fixture = try ServerFixture {
            $0.connectionsMax = 2
            $0.connectionsOfRootMax = 10
        }
        let callers = try (0..<2).map { _ in try fixture.connect() }
        for caller in callers { #expect(try caller.call(echo) == [echoed]) }
        let refused = try fixture.connect()
        #expect(try refused.replies() == [full])
    }

    @Test func thousandsOfConnectionsLeaveAnswersToOthersAndNothingBehind() throws {
        var answers: Set<[String]> = []
        var left: Int?
        let leaked = try leaks {
            let fixture = try ServerFixture()
            let friend = try fixture.connect()
            answers.insert(try friend.call(echo))
            var callers: [Caller] = []
            for number in 0..<3_000 {
                callers.append(try fixture.connect())
                if callers.count == 600 { callers.removeFirst(200) }
                if number % 100 == 0 { answers.insert(try friend.call(echo)) }
            }
            callers = []
            answers.insert(try friend.call(echo))
            left = fixture.server.connectionCount
        }
        #expect(answers == [[echoed]] && left == 1)
        #expect(leaked == [])
    }
}
