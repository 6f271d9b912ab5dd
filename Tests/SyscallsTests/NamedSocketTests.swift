import Testbed
import Testing

@testable import Syscalls

@Suite(.serialized) struct NamedSocketTests {
    private struct Service: ~Copyable {
        let home: TemporaryDirectory
        let listener: ListeningSocket

        init(_ kind: ListeningSocket.Kind = .stream) throws {
            let home = try TemporaryDirectory()
            let directory = try Directory(opening: home.path)
            let listener = try ListeningSocket(
                kind, name: "s", in: directory, permissions: 0o600, backlog: 4)
            self.home = home
            self.listener = listener
        }

        func connect() throws -> StreamSocket {
            try StreamSocket(connectingTo: home.path + "/s")
        }

        func accept() throws -> StreamSocket { try present(try listener.accept()) }
    }

    @Test func whoConnectsIsKnownWithItsGroups() throws {
        let service = try Service()
        let client = try service.connect()
        let server = try service.accept()
        let peer = try PeerCredentials(of: server.descriptor)
        #expect(peer.pid == currentProcessID())
        #expect(peer.user == effectiveUserID())
        // What /proc says of this process, sorted alike.
        let status = try readFile("/proc/self/status")
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Groups:") })
        let known = line.split(whereSeparator: { $0 == "\t" || $0 == " " }).compactMap {
            UInt32($0)
        }
        #expect(try PeerCredentials.groups(of: server.descriptor).sorted() == known.sorted())
        _ = consume client
    }

    @Test func bytesAndUpToFiveDescriptorsArrive() throws {
        let service = try Service()
        let client = try service.connect()
        let server = try service.accept()
        let count = try client.send([1, 2, 3], with: [0, 0, 0, 0, 0])
        #expect(count == 3)
        var piece = try present(try server.receive(upTo: 100))
        #expect(piece.bytes == [1, 2, 3])
        let taken = piece.takeDescriptors()
        #expect(taken.count == 5)
        for number in taken { _ = FileDescriptor(owning: number) }
    }

    @Test func aSixthDescriptorRefusesAllAndLeavesNoneOpen() throws {
        var refused: SystemCallError?
        let left = try leaks {
            let service = try Service()
            let client = try service.connect()
            let server = try service.accept()
            try sendDescriptors(6, over: client.descriptor.number)
            refused = failure { () throws(SystemCallError) in _ = try server.receive(upTo: 100) }
        }
        #expect(refused?.errno == .EMSGSIZE)
        #expect(left == [])
    }

    @Test func descriptorsThatNobodyTakesAreClosed() throws {
        let left = try leaks {
            let service = try Service()
            let client = try service.connect()
            let server = try service.accept()
            _ = try client.send([1], with: [0, 0])
            _ = try server.receive(upTo: 100)
        }
        #expect(left == [])
    }

    @Test func anAcceptedSocketWaitsForNobody() throws {
        let service = try Service()
        #expect(try service.listener.accept() == nil)
        let client = try service.connect()
        let server = try service.accept()
        let nothing = try server.receive(upTo: 10) == nil
        #expect(nothing)
        // Until it is full.
        let piece = [UInt8](repeating: 7, count: 1 << 16)
        var sent = 0
        for _ in 0..<1_000 {
            let count = try server.send(piece[...])
            if count == 0 { break }
            sent += count
        }
        #expect(sent > 0 && sent < piece.count * 1_000)
        _ = consume client
    }

    @Test func theEndOfTheOtherSideIsAnEmptyPiece() throws {
        let service = try Service()
        let client = try service.connect()
        let server = try service.accept()
        _ = consume client
        let isEnd = try server.receive(upTo: 10)?.bytes == []
        #expect(isEnd)
        let broken = failure { () throws(SystemCallError) in _ = try server.send([1]) }
        #expect(broken?.errno == .EPIPE)
    }

    @Test func aNameIsBoundOnceWithItsPermissionsAndInItsDirectory() throws {
        let home = try TemporaryDirectory()
        let directory = try Directory(opening: home.path)
        let first = try ListeningSocket.bind(
            .packets, name: "control", in: directory, permissions: 0o600)
        let status = try FileStatus(path: home.path + "/control")
        #expect(status.kind == .socket)
        #expect(status.permissions == 0o600)
        let second = failure { () throws(SystemCallError) in
            _ = try ListeningSocket.bind(
                .packets, name: "control", in: directory, permissions: 0o600)
        }
        #expect(second == SystemCallError("bind", on: "control", .EADDRINUSE))
        // Nobody listens yet.
        let early = failure { () throws(SystemCallError) in
            _ = try PacketSocket(connectingTo: "control", in: directory)
        }
        #expect(early == SystemCallError("connect", on: "control", .ECONNREFUSED))
        _ = consume first
    }

    @Test func packetsTravelOverANamedSocket() throws {
        let service = try Service(.packets)
        let directory = try Directory(opening: service.home.path)
        let client = try PacketSocket(connectingTo: "s", in: directory)
        let server = PacketSocket(try service.accept().intoDescriptor())
        try client.send([1, 2])
        try client.send([3])
        #expect(try present(try server.receive(limit: 10)).bytes == [1, 2])
        #expect(try present(try server.receive(limit: 10)).bytes == [3])
    }

    @Test func aSocketInTheNetworkOfAProcessIsThereAndWeAreStillHere() throws {
        let own = try linkTarget("/proc/thread-self/ns/net")
        let this = try ProcessHandle(opening: currentProcessID())
        for family in [LoopbackSocket.Family.four, .six] {
            let socket = try LoopbackSocket(family, inNetworkOf: this.descriptor.number)
            // Port 1, tcpmux, is nobody's; refused at once or a moment later.
            let refused = failure { () throws(SystemCallError) in
                if try !socket.connect(port: 1) {
                    var entries = [PollEntry(socket.descriptor.number, .writable)]
                    try poll(&entries, timeoutMilliseconds: 10_000)
                    try socket.finishConnecting()
                }
            }
            #expect(refused?.errno == .ECONNREFUSED)
        }
        #expect(try linkTarget("/proc/thread-self/ns/net") == own)
    }

    @Test func aFileInAnothersRootIsLookedAtAndLinksStayInside() throws {
        let home = try TemporaryDirectory()
        let directory = try Directory(opening: home.path)
        try directory.createFile("beat", containing: "x")
        let this = try ProcessHandle(opening: currentProcessID())
        let root = try ProcessRoot(of: this)
        #expect(try root.status(of: home.path + "/beat").size == 1)
        let magic = failure { () throws(SystemCallError) in
            _ = try root.status(of: "/proc/self/exe")
        }
        #expect(magic?.errno == .ELOOP)
    }
}

private struct Absent: Error {}

/// What `#require` does, for values that cannot be copied.
private func present<Value: ~Copyable>(_ value: consuming Value?) throws -> Value {
    guard let value else { throw Absent() }
    return value
}
