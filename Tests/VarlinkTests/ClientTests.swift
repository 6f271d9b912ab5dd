import EventLoop
import JSONTree
import Plan
import Syscalls
import Testbed
import Testing

@testable import Varlink
@testable import VarlinkWire

struct ClientTests {
    /// Runs `body` on a thread of its own while the server answers.
    private func serve(
        _ fixture: ServerFixture, _ body: @escaping (VarlinkClient) throws -> Void
    ) throws {
        var isOver = false
        let path = fixture.path
        let thread = try TestThread {
            defer { isOver = true }
            try body(try VarlinkClient(connectingTo: path))
        }
        while !isOver { _ = try fixture.loop.turn(timeoutMicroseconds: 2_000) }
        try thread.join()
    }

    private func failure(_ body: () throws(VarlinkClientError) -> Void) -> VarlinkClientError? {
        do throws(VarlinkClientError) {
            try body()
            return nil
        } catch { return error }
    }

    @Test func aCallBringsItsReply() throws {
        let fixture = try ServerFixture()
        var replies: [JSON] = []
        try serve(fixture) { client in
            for _ in 0..<3 {
                let reply = try client.call(
                    "org.example.test.Echo", ["text": "a"], descriptors: [0, 1],
                    timeout: Milliseconds(60_000))
                replies.append(reply.parameters)
            }
        }
        #expect(replies == [JSON](repeating: ["text": "a", "descriptors": 2], count: 3))
    }

    @Test func severalRepliesComeOneByOne() throws {
        let fixture = try ServerFixture()
        var numbers: [Int64?] = []
        try serve(fixture) { client in
            try client.callForMore("org.example.test.Count", ["to": 500])
            while true {
                let reply = try client.reply()
                numbers.append(reply.parameters["number"]?.integer)
                if !reply.continues { break }
            }
        }
        #expect(numbers == (1...500).map { Int64($0) })
    }

    @Test func aDescriptorComesWithTheReply() throws {
        let fixture = try ServerFixture()
        var content: [UInt8]?
        try serve(fixture) { client in
            let reply = try client.call("org.example.test.Open")
            content = try reply.descriptors.first?.take()?.readAll(limit: 100)
        }
        #expect(content == Array("content".utf8))
    }

    @Test func aRefusalIsToldWithItsWordsAndHint() throws {
        let fixture = try ServerFixture()
        var errors: [VarlinkClientError?] = []
        try serve(fixture) { client in
            errors.append(
                self.failure { () throws(VarlinkClientError) in
                    _ = try client.call("org.example.test.None")
                })
            errors.append(
                self.failure { () throws(VarlinkClientError) in
                    _ = try client.call("org.example.test.Echo", ["text": "a"])
                })
        }
        #expect(errors == [.refused(.methodNotFound("org.example.test.None")), nil])
        let told = VarlinkClientError.refused(
            VarlinkError("a.b.Failed", ["message": "no\u{1b} room", "hint": "make some"]))
        #expect(told.message == "no\\u{1b} room" && told.hint == "make some")
        #expect(
            VarlinkError.methodNotFound("x").message
                == #"org.varlink.service.MethodNotFound {"method":"x"}"#)
    }

    @Test func whoIsRefusedAtTheDoorHearsWhy() throws {
        let fixture = try ServerFixture()
        fixture.isAuthorized = false
        var error: VarlinkClientError?
        try serve(fixture) { client in
            error = self.failure { () throws(VarlinkClientError) in
                // By now the server may have hung up, and the write fails.
                sleep(milliseconds: 20)
                _ = try client.call("org.example.test.Echo", ["text": "a"])
            }
        }
        #expect(error == .refused(.permissionDenied))
    }

    @Test func aServiceThatDoesNotAnswerIsNotWaitedForBeyondTheTime() throws {
        let fixture = try ServerFixture()
        let path = fixture.path
        var errors: [VarlinkClientError?] = []
        try serve(fixture) { client in
            errors.append(
                self.failure { () throws(VarlinkClientError) in
                    _ = try client.call(
                        "org.example.test.Later", ["text": "a"], timeout: Milliseconds(30))
                })
        }
        #expect(errors == [.timedOut(path)])
    }

    @Test func nobodyThereIsAnErrorWithItsReason() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/none"
        let error = failure { () throws(VarlinkClientError) in
            _ = try VarlinkClient(connectingTo: path)
        }
        #expect(
            error == .notConnected(path, SystemCallError("connect", on: path, .ENOENT)))
        #expect(error?.message.hasPrefix("cannot connect to \(path): ENOENT") == true)
    }

    @Test func aReplyThatIsNoneIsAnError() throws {
        for (words, told) in [
            ("nonsense\0", "JSON 1:8: invalid token near 'nonsense'"), ("[]\0", "a list"),
        ] {
            let fixture = try ServerFixture()
            var error: VarlinkClientError?
            try serve(fixture) { client in
                error = self.failure { () throws(VarlinkClientError) in
                    try client.callForMore("org.example.test.Take")
                    while fixture.taken.isEmpty { sleep(milliseconds: 1) }
                    try? fixture.taken[0].descriptor.writeAll(words)
                    _ = try client.reply(timeout: Milliseconds(60_000))
                }
            }
            #expect(error == .notUnderstood(fixture.path, told))
        }
    }

    @Test func aServiceThatHangsUpIsToldSo() throws {
        let fixture = try ServerFixture()
        var error: VarlinkClientError?
        var early: Bool?
        try serve(fixture) { client in
            try client.callForMore("org.example.test.Take")
            while fixture.taken.isEmpty { sleep(milliseconds: 1) }
            early = try client.replyIfThere() == nil
            fixture.taken = []
            error = self.failure { () throws(VarlinkClientError) in _ = try client.reply() }
        }
        #expect(error == .hungUp(fixture.path) && early == true)
    }
}
