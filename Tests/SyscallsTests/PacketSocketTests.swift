import Testbed
import Testing

@testable import Syscalls

@Suite(.serialized) struct PacketSocketTests {
    private struct Pair: ~Copyable {
        let ours: PacketSocket
        var others: PacketSocket?
        let othersNumber: CInt

        init() throws(SystemCallError) {
            let (one, other) = try PacketSocket.pair()
            ours = PacketSocket(FileDescriptor(owning: one))
            othersNumber = other
            others = PacketSocket(FileDescriptor(owning: other))
        }

        /// The other end sends.
        func send(_ bytes: [UInt8], with passed: CInt? = nil) throws(SystemCallError) {
            try others?.send(bytes, with: passed)
        }

        /// The bytes of the next packet, whose descriptor is closed.
        func receive() throws(SystemCallError) -> [UInt8]? {
            try ours.receive(limit: 64)?.bytes
        }
    }

    @Test func packetsStayApartAndInOrder() throws {
        let pair = try Pair()
        try pair.send([1, 2])
        try pair.send([3])
        #expect(try pair.receive() == [1, 2])
        #expect(try pair.receive() == [3])
        #expect(try pair.receive() == nil)
    }

    @Test func aPacketThatFitsExactlyIsTakenAndALongerOneRefused() throws {
        let pair = try Pair()
        try pair.send([UInt8](repeating: 9, count: 64))
        #expect(try pair.receive()?.count == 64)
        try pair.send([UInt8](repeating: 9, count: 65))
        try pair.send([5])
        #expect(
            failure { () throws(SystemCallError) in _ = try pair.receive() }
                == SystemCallError("recvmsg", on: "the control socket", .EMSGSIZE))
        #expect(try pair.receive() == [5])
    }

    @Test func aClosedEndIsAnEmptyPacket() throws {
        var pair = try Pair()
        try pair.send([7])
        pair.others = nil
        #expect(try pair.receive() == [7])
        #expect(try pair.receive() == [])
        #expect(try pair.receive() == [])
        #expect(failure { () throws(SystemCallError) in try pair.ours.send([1]) }?.errno == .EPIPE)
    }

    @Test func aDescriptorTravelsAndClosesWithItsPacket() throws {
        var content: [UInt8] = []
        let left = try leaks {
            let pair = try Pair()
            let file = try memoryFile("x", containing: Array("content".utf8))
            try pair.send([1], with: file.number)
            if let packet = try pair.ours.receive(limit: 64), let number = packet.descriptor {
                content = try FileDescriptor(duplicating: number).readAll(limit: 100)
            }
        }
        #expect(content == Array("content".utf8))
        #expect(left == [])
    }

    @Test func aDescriptorThatComesWithAPacketTooLongIsClosed() throws {
        var error: SystemCallError?
        let left = try leaks {
            let pair = try Pair()
            try pair.send([UInt8](repeating: 1, count: 65), with: 2)
            error = failure { () throws(SystemCallError) in _ = try pair.receive() }
        }
        #expect(error?.errno == .EMSGSIZE)
        #expect(left == [])
    }

    @Test(arguments: 2...8)
    func noMoreThanOneDescriptorIsTakenHoweverManyAreSent(count: Int) throws {
        var bytes: [UInt8]?
        let left = try leaks {
            let pair = try Pair()
            try sendDescriptors(count, over: pair.othersNumber)
            bytes = try pair.receive()
        }
        #expect(bytes == [1])
        #expect(left == [])
    }
}
