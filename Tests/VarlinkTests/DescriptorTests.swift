import JSONTree
import Syscalls
import Testbed
import Testing

@testable import Varlink
@testable import VarlinkWire

struct DescriptorTests {
    private let echo = #"{"method":"org.example.test.Echo","parameters":{"text":"a"}}"#
    private let later = #"{"method":"org.example.test.Later","parameters":{"text":"a"}}"#

    private func echoed(_ count: Int) -> String {
        #"{"parameters":{"text":"a","descriptors":\#(count)}}"#
    }

    @Test func descriptorsComeWithTheCallTheyWereSentWith() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        try caller.send(echo + "\0")
        try caller.send(echo + "\0", with: [0, 1, 2])
        try caller.send(echo + "\0")
        try caller.send(echo + "\0", with: [0, 1, 2, 0, 1])
        #expect(try caller.replies() == [echoed(0), echoed(3), echoed(0), echoed(5)])
    }

    @Test func theyWaitWithTheirCallWhileAnotherIsAnswered() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        try caller.send(later + "\0")
        try fixture.settle()
        try caller.send(echo + "\0", with: [0])
        try caller.send(echo + "\0")
        try fixture.settle()
        fixture.waiting.removeFirst().reply(["text": "a"])
        #expect(
            try caller.replies() == [#"{"parameters":{"text":"a"}}"#, echoed(1), echoed(0)])
    }

    @Test func aLongCallKeepsItsDescriptors() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        let text = String(repeating: "x", count: 700_000)
        try caller.send(
            #"{"method":"org.example.test.Echo","parameters":{"text":"\#(text)"}}"# + "\0",
            with: [0, 1])
        let reply = try caller.replies()
        #expect(reply == [#"{"parameters":{"text":"\#(text)","descriptors":2}}"#])
    }

    @Test func aDescriptorGoesWithItsReplyAndWithNoOther() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        let open = #"{"method":"org.example.test.Open"}"#
        try caller.send(echo + "\0" + open + "\0" + echo + "\0" + open + "\0")
        #expect(
            try caller.replies() == [
                echoed(0), #"{"parameters":{"name":"a file"}}"#, echoed(0),
                #"{"parameters":{"name":"a file"}}"#,
            ])
        #expect(caller.descriptors.count == 2)
        let content = try caller.descriptors[0].take()?.readAll(limit: 100)
        #expect(content == Array("content".utf8))
        #expect(caller.descriptors[0].number == nil)
    }

    @Test func descriptorsBehindASlowReaderStayWithTheirReplies() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        let open = #"{"method":"org.example.test.Open"}"#
        let fill = #"{"method":"org.example.test.Fill","parameters":{"size":60000}}"#
        for _ in 0..<5 { try caller.send(fill + "\0" + open + "\0") }
        try fixture.settle()
        #expect(try caller.replies().count == 10)
        #expect(caller.descriptors.count == 5)
    }

    @Test func noDescriptorOutlivesItsCallWhateverBecomesOfIt() throws {
        let leaked = try leaks {
            let fixture = try ServerFixture()
            func caller(_ text: String, _ descriptors: [CInt] = [2]) throws {
                let caller = try fixture.connect()
                // It may be dropped while it sends.
                try? caller.send(text, with: descriptors)
                _ = try caller.replies()
            }
            try caller(#"{"method":"org.example.test.Fill","parameters":{"size":1}}"# + "\0")
            try caller(#"{"method":"org.example.test.None"}"# + "\0")
            try caller("nonsense\0")
            try caller("half a call")
            try caller(later + "\0")
            try caller(later + "\0" + echo + "\0", [0, 1, 2, 0, 1])
            try caller("{\"oneway\":true," + echo.dropFirst() + "\0")
            // More than a call may have: in one piece, and bit by bit.
            let many = try fixture.connect()
            try sendDescriptors(6, over: many.socket.descriptor.number)
            _ = try many.replies()
            let drip = try fixture.connect()
            for _ in 0..<20 {
                try drip.send(" ", with: [0, 1])
                try fixture.settle()
            }
            try fixture.settle()
        }
        #expect(leaked == [])
    }

    @Test func moreDescriptorsThanACallMayHaveEndTheConnectionOrAreLeftOut() throws {
        let fixture = try ServerFixture()
        let many = try fixture.connect()
        try sendDescriptors(6, over: many.socket.descriptor.number)
        #expect(try many.replies() == [] && many.hasEnded)
        let drip = try fixture.connect()
        for byte in echo.utf8 {
            try drip.send([byte], with: [0])
            try fixture.settle()
        }
        #expect(try drip.call("") == [echoed(5)])
    }

    @Test func aConnectionCanBeTakenOver() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        #expect(try caller.call(echo) == [echoed(0)])
        #expect(try caller.call(#"{"method":"org.example.test.Take"}"#) == [])
        #expect(fixture.server.connectionCount == 0 && fixture.taken.count == 1)
        try fixture.taken[0].descriptor.writeAll("what another process says\0")
        #expect(try caller.replies() == ["what another process says"] && !caller.hasEnded)
        fixture.taken = []
        #expect(try caller.replies() == [] && caller.hasEnded)
    }

    @Test func aConnectionWithUnreadRepliesCannotBeTakenOver() throws {
        let fixture = try ServerFixture { $0.outputWatermark = 1 << 20 }
        let caller = try fixture.connect()
        for _ in 0..<5 {
            try caller.send(
                #"{"method":"org.example.test.Fill","parameters":{"size":100000}}"# + "\0")
        }
        try caller.send(#"{"method":"org.example.test.Take"}"# + "\0")
        #expect(
            try caller.replies().last
                == #"{"error":"org.example.test.Bad","parameters":{"why":"not possible"}}"#)
        #expect(fixture.taken.isEmpty && fixture.server.connectionCount == 1)
    }
}
