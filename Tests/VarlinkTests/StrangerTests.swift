import EventLoop
import JSONTree
import Syscalls
import Testbed
import Testing
import VarlinkWire

@testable import Varlink

/// Whoever may not call is met within bounds, and takes nothing from those who may.
struct StrangerTests {
    private let echo = #"{"method":"org.example.test.Echo","parameters":{"text":"a"}}"#
    private let denied = #"{"error":"org.varlink.service.PermissionDenied","parameters":{}}"#

    private final class Heard {
        var methods: [String?] = []
        var peers: [Peer] = []
    }

    private func fixture(
        _ change: (inout ServerLimits) -> Void = { _ in }
    ) throws -> (ServerFixture, Heard) {
        let fixture = try ServerFixture(change)
        fixture.isAuthorized = false
        let heard = Heard()
        fixture.server.onDenial = {
            heard.peers.append($0)
            heard.methods.append($1)
        }
        return (fixture, heard)
    }

    @Test func aStrangerIsToldSoOnceTheyHaveSaidWhatTheyWant() throws {
        let (fixture, heard) = try fixture()
        let caller = try fixture.connect()
        #expect(try caller.replies() == [] && !caller.hasEnded && heard.methods == [])
        #expect(try caller.call(echo) == [denied] && caller.ends())
        #expect(heard.methods == ["org.example.test.Echo"])
        #expect(heard.peers.first?.process?.program != nil)
        #expect(fixture.server.connectionCount == 0 && fixture.oneways == [])
    }

    @Test(arguments: [
        #"{"method":"org.varlink.service.GetInfo"}"#, #"{"method":"org.example.test.None"}"#,
        #"{"method":"a.b.C\u001b[2J"}"#, "{}", "", "[", "GET / HTTP/1.1",
    ])
    func whatIsNoMethodOfOursIsNotTold(_ words: String) throws {
        let (fixture, heard) = try fixture()
        let caller = try fixture.connect()
        #expect(try caller.call(words) == [denied] && caller.ends())
        #expect(heard.methods == [nil])
    }

    @Test func moreThanAFrameIsNotRead() throws {
        let (fixture, heard) = try fixture { $0.strangerBytesMax = 1_000 }
        let long = try fixture.connect()
        try long.send([UInt8](repeating: 0x20, count: 1_000))
        #expect(try long.replies() == [denied] && long.ends())
        // However it comes.
        let slow = try fixture.connect()
        try slow.send([UInt8](repeating: 0x20, count: 600))
        #expect(try slow.replies() == [] && !slow.hasEnded)
        try slow.send([UInt8](repeating: 0x20, count: 400))
        #expect(try slow.replies() == [denied] && slow.ends())
        let two = try fixture.connect()
        try two.send(echo + "\0" + echo + "\0")
        #expect(try two.replies() == [denied] && two.ends())
        #expect(heard.methods == [nil, nil, "org.example.test.Echo"])
    }

    @Test func silenceIsOverSoon() throws {
        let (fixture, heard) = try fixture {
            // It is looked at several times before it is over.
            $0.strangerTimeout = 400_000
            $0.deadlineInterval = 20_000
        }
        let callers = [try fixture.connect(), try fixture.connect()]
        try callers[1].send("{")
        // Far more than it takes.
        for _ in 0..<4_000 where heard.methods.count < 2 {
            _ = try fixture.loop.turn(timeoutMicroseconds: 5_000)
        }
        #expect(heard.methods == [nil, nil])
        for caller in callers { #expect(try caller.replies() == [denied] && caller.ends()) }
    }

    @Test func thereAreFewAtOnceAndTheyTakeNobodysPlace() throws {
        let (fixture, heard) = try fixture {
            $0.strangersPerUserMax = 3
            $0.connectionsOfRootMax = 2
            $0.connectionsMax = 2
        }
        let callers = try (0..<10).map { _ in try fixture.connect() }
        try fixture.settle()
        #expect(heard.methods.count == 7)
        fixture.isAuthorized = true
        let friends = [try fixture.connect(), try fixture.connect()]
        for friend in friends { #expect(try friend.call(echo).count == 1) }
        #expect(try callers.map { try $0.replies() }.count { $0 == [denied] } == 7)
        // Their places are free again.
        fixture.isAuthorized = false
        for caller in callers where !caller.hasEnded { _ = try caller.call(echo) }
        #expect(try fixture.connect().call(echo) == [denied])
        #expect(heard.methods.count { $0 != nil } == 4)
    }

    @Test func inAllThereAreFewToo() throws {
        let (fixture, heard) = try fixture { $0.strangersMax = 2 }
        let callers = try (0..<4).map { _ in try fixture.connect() }
        try fixture.settle()
        #expect(heard.methods.count == 2 && callers.count == 4)
    }

    @Test func descriptorsAndConnectionsOfStrangersAreClosed() throws {
        let leaked = try leaks {
            let (fixture, _) = try fixture()
            for _ in 0..<100 {
                let caller = try fixture.connect()
                try caller.send(echo, with: [0, 1, 2])
                try fixture.settle()
            }
        }
        #expect(leaked == [])
    }

    @Test func whatIsRefusedBeforeItIsHandledIsTold() throws {
        let (fixture, _) = try fixture()
        fixture.isAuthorized = true
        var refused: [String] = []
        fixture.server.onRefusal = { request, peer, error in
            refused.append("\(request.method) \(peer.user) \(error.name)")
        }
        let caller = try fixture.connect()
        for call in [
            #"{"method":"org.example.test.Echo","parameters":{"text":5}}"#,
            #"{"method":"org.example.test.Echo","oneway":true}"#,
            #"{"method":"org.example.test.Unhandled"}"#, echo,
        ] {
            _ = try caller.call(call)
        }
        let user = effectiveUserID()
        #expect(
            refused == [
                "org.example.test.Echo \(user) org.varlink.service.InvalidParameter",
                "org.example.test.Echo \(user) org.varlink.service.InvalidParameter",
                "org.example.test.Unhandled \(user) org.varlink.service.MethodNotImplemented",
            ])
    }

    @Test func whatCannotBeWrittenDownIsAnsweredInPlaceOfTheReply() throws {
        let (fixture, _) = try fixture()
        fixture.isAuthorized = true
        let caller = try fixture.connect()
        _ = try caller.call(
            #"{"method":"org.example.test.Later","parameters":{"text":"a"}}"#)
        fixture.waiting[0].beforeReply = { VarlinkError("org.example.test.Bad", ["why": "full"]) }
        fixture.waiting.removeFirst().reply(["text": "done"])
        #expect(
            try caller.replies() == [
                #"{"error":"org.example.test.Bad","parameters":{"why":"full"}}"#
            ])
    }
}
