import JSONTree
import SupervisorInterface
import Syscalls
import Testbed
import Testing
import VarlinkWire

@testable import Varlink

struct ServerTests {
    private let echo = #"{"method":"org.example.test.Echo","parameters":{"text":"a"}}"#
    private let echoed = #"{"parameters":{"text":"a","descriptors":0}}"#
    private let later = #"{"method":"org.example.test.Later","parameters":{"text":"a"}}"#

    private func error(_ name: String, _ parameters: String = "{}") -> String {
        #"{"error":"org.varlink.service.\#(name)","parameters":\#(parameters)}"#
    }

    @Test func aCallIsAnswered() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        #expect(try caller.call(echo) == [echoed])
        #expect(try caller.call(echo) == [echoed])
        #expect(fixture.server.connectionCount == 1)
    }

    @Test func aCallIsAnsweredHoweverItsBytesCome() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        let bytes = Array((echo + "\0").utf8)
        for cut in 1..<bytes.count {
            try caller.send(Array(bytes[..<cut]))
            #expect(try caller.replies() == [])
            try caller.send(Array(bytes[cut...]))
            #expect(try caller.replies() == [echoed])
        }
    }

    @Test func theServiceDescribesItself() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        #expect(
            try caller.call(#"{"method":"org.varlink.service.GetInfo"}"#) == [
                #"{"parameters":{"vendor":"v","product":"p","version":"1","url":"u","interfaces":["org.varlink.service","org.example.test"]}}"#
            ])
        for (name, text) in [
            ("org.example.test", ServerFixture.definition), ("org.varlink.service", nil),
        ] {
            let reply = try caller.call(
                #"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"\#(name)"}}"#
            )
            let described = try JSON(parsing: reply[0])["parameters"]?["description"]?.string
            #expect(try Interface(parsing: try #require(described)).name == name)
            if let text { #expect(described == text) }
        }
    }

    @Test func everyStandardErrorIsToldWhereItApplies() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        let cases = [
            (
                #"{"method":"org.example.none.Echo"}"#,
                error("InterfaceNotFound", #"{"interface":"org.example.none"}"#)
            ),
            (#"{"method":"Echo"}"#, error("InterfaceNotFound", #"{"interface":"Echo"}"#)),
            (#"{"method":""}"#, error("InterfaceNotFound", #"{"interface":""}"#)),
            (
                #"{"method":"org.example.test.None"}"#,
                error("MethodNotFound", #"{"method":"org.example.test.None"}"#)
            ),
            (
                #"{"method":"org.example.test.Unhandled"}"#,
                error("MethodNotImplemented", #"{"method":"org.example.test.Unhandled"}"#)
            ),
            (
                #"{"method":"org.example.test.Forget"}"#,
                error("MethodNotImplemented", #"{"method":"org.example.test.Forget"}"#)
            ),
            (
                #"{"method":"org.example.test.Echo","parameters":{"text":"a"},"upgrade":true}"#,
                error("MethodNotImplemented", #"{"method":"org.example.test.Echo"}"#)
            ),
            (
                #"{"method":"org.example.test.Echo"}"#,
                error("InvalidParameter", #"{"parameter":"text"}"#)
            ),
            (
                #"{"method":"org.example.test.Echo","parameters":{"text":1}}"#,
                error("InvalidParameter", #"{"parameter":"text"}"#)
            ),
            (
                #"{"method":"org.example.test.Echo","parameters":{"text":"a","more":1}}"#,
                error("InvalidParameter", #"{"parameter":"more"}"#)
            ),
            (
                #"{"method":"org.example.test.Echo","parameters":{"text":"a","nested":{"words":["a",1]}}}"#,
                error("InvalidParameter", #"{"parameter":"nested.words[1]"}"#)
            ),
            (#"{"method":"org.example.test.Stream"}"#, error("ExpectedMore")),
            (
                #"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"a.b"}}"#,
                error("InterfaceNotFound", #"{"interface":"a.b"}"#)
            ),
        ]
        for (call, reply) in cases { #expect(try caller.call(call) == [reply]) }
        #expect(try caller.call(echo) == [echoed])
    }

    @Test(arguments: [
        "", "x", "{}", "[]", "1", "null", "{\"method\":1}",
        "{\"method\":\"a.b.C\",\"parameters\":[]}",
        "{\"method\":\"a.b.C\",\"more\":1}", "{\"method\":\"a.b.C\",\"more\":true,\"oneway\":true}",
        "{\"method\":\"a.b.C\",\"unknown\":1}", "{\"method\":\"a.b.C\",\"method\":\"a.b.C\"}",
        "{\"method\":\"a.b.C\"", "{\"method\":\"a.b.C\"}}", "GET / HTTP/1.1\r\n\r\n", "\u{1}\u{2}",
    ])
    func whoSpeaksAnotherLanguageIsLeft(_ words: String) throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        #expect(try caller.call(words) == [])
        #expect(caller.hasEnded && fixture.server.connectionCount == 0)
    }

    @Test func callsInARowAreAnsweredInTheirOrder() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        var calls = ""
        var replies: [String] = []
        for number in 0..<1_000 {
            calls +=
                #"{"method":"org.example.test.Echo","parameters":{"text":"\#(number)"}}"# + "\0"
            replies.append(#"{"parameters":{"text":"\#(number)","descriptors":0}}"#)
        }
        try caller.send(calls)
        #expect(try caller.replies() == replies)
    }

    @Test func theEndOfAConnectionIsToldWhateverWasAnsweredOnIt() throws {
        let fixture = try ServerFixture()
        var departed: [Int] = []
        fixture.server.onDeparture = { departed.append($0) }
        var numbers: [Int] = []
        for _ in 0..<2 {
            var caller: Caller? = try fixture.connect()
            #expect(try caller?.call(later) == [])
            let call = fixture.waiting.removeFirst()
            numbers.append(call.connectionNumber)
            call.reply(["text": "b"])
            #expect(try caller?.replies().count == 1 && departed.count == numbers.count - 1)
            caller = nil
            try fixture.settle()
        }
        #expect(departed == numbers && Set(numbers).count == 2 && fixture.hungUp == 0)
    }

    @Test func aCallThatIsAnsweredLaterKeepsItsTurnAndHoldsUpNobodyElse() throws {
        let fixture = try ServerFixture()
        let (first, second) = (try fixture.connect(), try fixture.connect())
        try first.send(later + "\0" + echo + "\0" + later + "\0")
        #expect(try first.replies() == [])
        #expect(fixture.waiting.count == 1)
        #expect(try second.call(echo) == [echoed])
        fixture.waiting.removeFirst().reply(["text": "now"])
        #expect(try first.replies() == [#"{"parameters":{"text":"now"}}"#, echoed])
        #expect(fixture.waiting.count == 1)
        fixture.waiting.removeFirst().fail("org.example.test.Bad", ["why": "so"])
        #expect(
            try first.replies() == [#"{"error":"org.example.test.Bad","parameters":{"why":"so"}}"#])
        #expect(fixture.hungUp == 0 && fixture.mismatches == [])
    }

    @Test func aCallIsAnsweredOnce() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        #expect(try caller.call(later) == [])
        let call = fixture.waiting.removeFirst()
        call.reply(["text": "1"])
        call.reply(["text": "2"])
        call.fail("org.example.test.Bad", ["why": "3"])
        #expect(try caller.replies() == [#"{"parameters":{"text":"1"}}"#] && !call.isOpen)
    }

    @Test func whoTakesMoreGetsMore() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        let parameters = #""parameters":{"to":3}"#
        #expect(
            try caller.call(#"{"method":"org.example.test.Count","more":true,\#(parameters)}"#) == [
                #"{"parameters":{"number":1},"continues":true}"#,
                #"{"parameters":{"number":2},"continues":true}"#, #"{"parameters":{"number":3}}"#,
            ])
        #expect(
            try caller.call(#"{"method":"org.example.test.Count",\#(parameters)}"#)
                == [#"{"parameters":{"number":3}}"#])
    }

    @Test func aCallThatWantsNoReplyGetsNoneAndKeepsNobody() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        let oneway = #"{"method":"org.example.test.Echo","oneway":true,"parameters":{"text":"q"}}"#
        let wrong = #"{"method":"org.example.test.Echo","oneway":true}"#
        let slow = #"{"method":"org.example.test.Later","oneway":true,"parameters":{"text":"q"}}"#
        try caller.send([oneway, wrong, slow, oneway, echo, ""].joined(separator: "\0"))
        #expect(try caller.replies() == [echoed])
        #expect(fixture.oneways == ["q", "q"] && fixture.waiting.count == 1)
        #expect(!fixture.waiting[0].isOpen)
        fixture.waiting[0].reply(["text": "x"])
        #expect(try caller.replies() == [])
    }

    @Test func whatWasSentBeforeTheEndIsStillDone() throws {
        let fixture = try ServerFixture()
        let oneway = #"{"method":"org.example.test.Echo","oneway":true,"parameters":{"text":"q"}}"#
        do {
            let caller = try fixture.connect()
            try caller.send(String(repeating: oneway + "\0", count: 50))
        }
        try fixture.settle()
        #expect(fixture.oneways.count == 50 && fixture.server.connectionCount == 0)
    }

    @Test func aReplyThatBreaksTheInterfaceIsNeverSent() throws {
        let fixture = try ServerFixture()
        let caller = try fixture.connect()
        #expect(
            try caller.call(#"{"method":"org.example.test.Wrong"}"#)
                == [error("InvalidParameter", #"{"parameter":"number"}"#)])
        #expect(fixture.mismatches == ["reply to org.example.test.Wrong: number"])
        #expect(try caller.call(later) == [])
        fixture.waiting.removeFirst().fail("org.example.test.Bad")
        #expect(fixture.mismatches.last == "error org.example.test.Bad: why")
    }

    @Test func aCallerThatIsGoneIsToldToWhoWouldHaveAnswered() throws {
        let fixture = try ServerFixture()
        do {
            let caller = try fixture.connect()
            #expect(try caller.call(later) == [])
        }
        try fixture.settle()
        #expect(fixture.hungUp == 1 && fixture.server.connectionCount == 0)
        #expect(!fixture.waiting[0].isOpen)
        fixture.waiting[0].reply(["text": "nobody"])
        try fixture.settle()
        #expect(fixture.hungUp == 1)
    }

    @Test func membershipIsThatOfTheKernel() {
        let peer = Peer(pid: 1, user: 5, group: 6, groups: [7, 8])
        #expect(peer.isMember(of: 6) && peer.isMember(of: 8) && !peer.isMember(of: 5))
    }

    @Test func aServerTakesTheNameOfTheOneBeforeIt() throws {
        let fixture = try ServerFixture()
        let old = try fixture.connect()
        #expect(try old.call(echo) == [echoed])
        let second = try VarlinkServer(
            fixture.loop, listening: fixture.path, group: 0, service: fixture.server.service,
            whenFull: .permissionDenied
        ) { _ in true }
        second.handle("org.example.test.Echo") { $0.reply(["text": "new", "descriptors": 0]) }
        let fresh = try fixture.connect()
        #expect(try fresh.call(echo) == [#"{"parameters":{"text":"new","descriptors":0}}"#])
        #expect(try old.call(echo) == [echoed])
        #expect(try Directory(opening: fixture.directory.path).names() == ["socket"])
    }
}
