import EventLoop
import JSONTree
import SupervisorInterface
import Syscalls
import Testbed
import VarlinkWire

@testable import Varlink

/// A server and its callers in one thread: the loop turns while a caller waits.
final class ServerFixture {
    static let definition = """
        interface org.example.test
        type Nested (words: []string, count: ?int)
        method Echo(text: string, nested: ?Nested) -> (text: string, descriptors: int)
        method Later(text: string) -> (text: string)
        method Count(to: int) -> (number: int)
        method Stream() -> (number: int)
        method Wrong() -> (number: int)
        method Open() -> (name: string)
        method Take() -> ()
        method Forget() -> ()
        method Fill(size: int) -> (text: string)
        method Unhandled() -> ()
        error Bad (why: string)
        """

    let loop: Loop
    let directory: TemporaryDirectory
    let server: VarlinkServer
    var path: String { "\(directory.path)/socket" }

    /// Calls of Later, unanswered.
    var waiting: [Call] = []
    var hungUp = 0
    var oneways: [String] = []
    var taken: [FileDescriptorBox] = []
    var mismatches: [String] = []
    var isAuthorized = true

    final class FileDescriptorBox {
        let descriptor: FileDescriptor
        init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
    }

    init(_ change: (inout ServerLimits) -> Void = { _ in }) throws {
        loop = try Loop()
        directory = try TemporaryDirectory()
        var limits = ServerLimits()
        change(&limits)
        final class Weak { weak var fixture: ServerFixture? }
        let weak = Weak()
        server = try VarlinkServer(
            loop, listening: "\(directory.path)/socket", group: 0,
            service: Service(
                .init(vendor: "v", product: "p", version: "1", url: "u"),
                interfaces: [try Interface(parsing: Self.definition)],
                streaming: ["org.example.test.Stream"]),
            whenFull: VarlinkError("org.example.test.Bad", ["why": "full"]), limits: limits
        ) { _ in weak.fixture?.isAuthorized ?? false }
        weak.fixture = self
        server.onMismatch = { [unowned self] in self.mismatches.append($0) }
        handle("Echo") { fixture, call in
            let text = call.parameters["text"]!.string!
            if call.isOneway { fixture.oneways.append(text) }
            call.reply([
                "text": .string(text), "descriptors": .integer(Int64(call.takeDescriptors().count)),
            ])
        }
        handle("Later") { fixture, call in
            fixture.waiting.append(call)
            call.onHangUp { [unowned fixture] in fixture.hungUp += 1 }
        }
        handle("Count") { _, call in
            let last = call.parameters["to"]!.integer!
            for number in 1..<last { call.reply(["number": .integer(number)], continues: true) }
            call.reply(["number": .integer(last)])
        }
        handle("Stream") { fixture, call in fixture.waiting.append(call) }
        handle("Wrong") { _, call in call.reply(["number": "one"]) }
        handle("Open") { _, call in
            let file = try? memoryFile("a file", containing: Array("content".utf8))
            call.reply(["name": "a file"], with: file)
        }
        handle("Take") { fixture, call in
            if let socket = call.takeOver() {
                fixture.taken.append(.init(socket))
            } else {
                call.fail("org.example.test.Bad", ["why": "not possible"])
            }
        }
        handle("Forget") { _, _ in }
        handle("Fill") { _, call in
            let size = Int(call.parameters["size"]!.integer!)
            call.reply(["text": .string(String(repeating: "x", count: size))])
        }
    }

    private func handle(_ name: String, _ handler: @escaping (ServerFixture, Call) -> Void) {
        server.handle("org.example.test.\(name)") { [unowned self] call in handler(self, call) }
    }

    /// Lets the server do all that it can do at once.
    func settle() throws {
        while try loop.turn(timeoutMicroseconds: 0) {}
    }

    func connect() throws -> Caller { try Caller(self) }
}

/// The other end, which waits for nothing.
final class Caller {
    let socket: StreamSocket
    private unowned let fixture: ServerFixture
    private var decoder = FrameDecoder(messageMax: 1 << 26, descriptorsMax: 5)
    private(set) var descriptors: [PassedDescriptor] = []
    private(set) var hasEnded = false

    init(_ fixture: ServerFixture) throws {
        self.fixture = fixture
        socket = try StreamSocket(connectingTo: fixture.path)
        try setNonBlocking(socket.descriptor.number)
    }

    func send(_ text: String, with descriptors: [CInt] = []) throws {
        try send(Array(text.utf8), with: descriptors)
    }

    func send(_ bytes: [UInt8], with descriptors: [CInt] = []) throws {
        var rest = bytes[...]
        var passed = descriptors
        while !rest.isEmpty {
            let sent = try socket.send(rest, with: passed)
            if sent == 0 { try fixture.settle() } else { passed = [] }
            rest.removeFirst(sent)
        }
    }

    /// Everything that has been replied until now, each reply as its text.
    func replies() throws -> [String] {
        var found: [String] = []
        while !hasEnded {
            try fixture.settle()
            if try !receive() { break }
            while let frame = try decoder.next() {
                found.append(String(decoding: frame.bytes, as: UTF8.self))
                descriptors += frame.descriptors
            }
        }
        return found
    }

    /// Whether the server has closed its end. A process that another test starts meanwhile has that too, until
    /// it is another program.
    func ends() throws -> Bool {
        for _ in 0..<6_000 where !hasEnded {
            _ = try fixture.loop.turn(timeoutMicroseconds: 5_000)
            _ = try receive()
        }
        return hasEnded
    }

    /// False where nothing has come.
    private func receive() throws -> Bool {
        do throws(SystemCallError) {
            guard var piece = try socket.receive(upTo: 1 << 16) else { return false }
            if piece.bytes.isEmpty { hasEnded = true }
            let passed = piece.takeDescriptors().map {
                PassedDescriptor(FileDescriptor(owning: $0))
            }
            decoder.append(piece.bytes, with: passed)
        } catch {
            if error.errno != .ECONNRESET { throw error }
            hasEnded = true
        }
        return true
    }

    func call(_ text: String) throws -> [String] {
        try send(text + "\0")
        return try replies()
    }
}
