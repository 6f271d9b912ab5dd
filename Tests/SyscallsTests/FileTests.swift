import Testbed
import Testing

@testable import Syscalls

@Suite(.serialized) struct FileTests {
    @Test func openingPassesPathFlagsModeAndDirectory() throws {
        let place = try TemporaryDirectory()
        let directory = try Directory(opening: place.path)
        do {
            let file = try open(
                "a", at: directory.number, [.writeOnly, .create, .exclusive], mode: 0o640)
            try file.writeAll("hello")
            let status = try file.status()
            #expect(status.kind == .regular)
            #expect(status.permissions & ~0o022 == 0o640)
            #expect(status.size == 5)
            #expect(
                failure { () throws(SystemCallError) in _ = try file.read(upTo: 1) }?.errno
                    == .EBADF)
        }
        #expect(
            failure { () throws(SystemCallError) in
                _ = try open("a", at: directory.number, [.writeOnly, .create, .exclusive])
            } == SystemCallError("openat2", on: "a", .EEXIST))
        #expect(try directory.readFile("a") == "hello")
    }

    @Test func resolutionFlagsHold() throws {
        let place = try TemporaryDirectory()
        let directory = try Directory(opening: place.path)
        try directory.makeSymbolicLink("link", to: "/etc/passwd")
        func errno(_ path: String, _ resolve: ResolveFlags) -> Errno? {
            failure { () throws(SystemCallError) in
                _ = try open(path, at: directory.number, .path, resolve: resolve)
            }?.errno
        }
        #expect(errno("link", []) == nil)
        #expect(errno("link", .noSymlinks) == .ELOOP)
        #expect(errno("link", .beneath) == .EXDEV)
        #expect(errno("..", .beneath) == .EXDEV)
        #expect(errno("link", .inRoot) == .ENOENT)
        #expect(errno("/proc/self/fd/0", .noMagicLinks) == .ELOOP)
    }

    @Test func theCountOfDescriptorsCanCount() throws {
        let left = try leaks { _ = try open("/dev/null").release() }
        #expect(left.count == 1)
        #expect(left.first?.hasSuffix(" /dev/null") == true)
    }

    @Test func everyDescriptorIsClosedWhenItsOwnerGoes() throws {
        let left = try leaks {
            let file = try open("/dev/null")
            _ = try FileDescriptor(duplicating: file.number)
            _ = try pipe()
            _ = try memoryFile("x", containing: [1])
            var list = DescriptorList()
            for _ in 0..<5 { _ = list.adopt(try open("/dev/null")) }
        }
        #expect(left == [])
    }

    @Test func everyDescriptorIsClosedOnExecute() throws {
        let file = try open("/dev/null")
        let copy = try FileDescriptor(duplicating: file.number)
        let ends = try pipe()
        let memory = try memoryFile("x", containing: [1])
        let (one, other) = try PacketSocket.pair()
        let socket = FileDescriptor(owning: one)
        let otherSocket = FileDescriptor(owning: other)
        let queue = try SignalQueue([.SIGWINCH])
        for number in [
            file.number, copy.number, ends.read.number, ends.write.number, memory.number,
            socket.number, otherSocket.number, queue.descriptor.number,
        ] {
            let info = try readFile("/proc/self/fdinfo/\(number)")
            let line = try #require(info.split(separator: "\n").first { $0.hasPrefix("flags:") })
            let flags = try #require(
                UInt64(line.dropFirst(6).drop { $0 == " " || $0 == "\t" }, radix: 8))
            #expect(flags & 0o2000000 != 0, "descriptor \(number) survives execve")
        }
    }

    @Test func readingAllStopsAtTheLimit() throws {
        let file = try memoryFile("x", containing: [UInt8](repeating: 7, count: 1_000))
        #expect(try file.readAll(limit: 1_000).count == 1_000)
        let again = try memoryFile("x", containing: [UInt8](repeating: 7, count: 1_000))
        let number = again.number
        #expect(
            failure { () throws(SystemCallError) in _ = try again.readAll(limit: 999) }
                == SystemCallError("read", on: "descriptor \(number)", .EFBIG))
        #expect(throws: SystemCallError.self) { try readFile("/dev/zero", limit: 100_000) }
    }

    @Test func aByteIsLockedByOneOpenFileOnly() throws {
        let place = try TemporaryDirectory()
        let path = place.path + "/lock"
        let first = try open(path, [.readWrite, .create], mode: 0o600)
        #expect(try first.lockByte(at: 3))
        #expect(try first.lockByte(at: 3), "its own lock is no obstacle")
        let second = try open(path, .readWrite)
        #expect(try !second.lockByte(at: 3))
        #expect(try second.lockByte(at: 4))
        #expect(try !first.lockByte(at: 4))
    }

    @Test func aFailedWriteSaysWhatAndWhere() throws {
        let directory = try Directory(opening: "/proc/self")
        let error = failure { () throws(SystemCallError) in
            try directory.writeFile("oom_score_adj", "nonsense\n")
        }
        #expect(error == SystemCallError("write nonsense to", on: "oom_score_adj", .EINVAL))
    }

    @Test func aWriteThatIsInterruptedIsMadeAgain() throws {
        let ends = try pipe()
        // A full pipe: a write with a part written would return that and not EINTR. pipe(7).
        try ends.write.writeAll([UInt8](repeating: 7, count: 65_536))
        let number = ends.write.number
        let writer = try TestThread { try write(allOf: [1, 2, 3], to: number) }
        for _ in 0..<10 {
            sleep(milliseconds: 5)
            writer.interrupt()
        }
        var received: [UInt8] = []
        while received.count < 65_536 { received += try ends.read.read(upTo: 65_536) }
        try writer.join()
        received += try ends.read.read(upTo: 65_536)
        #expect(received.suffix(4) == [7, 1, 2, 3])
    }

    @Test func writingToNobodyIsAnErrorAndNotTheEnd() throws {
        // SIGPIPE is blocked by the queue and ignored by nobody.
        let queue = try SignalQueue([.SIGPIPE])
        let (read, write) = try pipe().split()
        _ = FileDescriptor(owning: read)
        let end = FileDescriptor(owning: write)
        #expect(failure { () throws(SystemCallError) in try end.writeAll([1]) }?.errno == .EPIPE)
        #expect(try queue.next() == .SIGPIPE)
        #expect(try queue.next() == nil)
    }
}
