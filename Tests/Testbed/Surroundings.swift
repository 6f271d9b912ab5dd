internal import CTesting
public import Syscalls

/// A directory of a test's own below /tmp, removed with all that is in it.
public final class TemporaryDirectory {
    public let path: String
    private let name: String

    public init() throws {
        let number = try randomBytes(6).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        name = "bulkhead-tests-\(number)"
        path = "/tmp/\(name)"
        try Directory(opening: "/tmp").makeDirectory(name, mode: 0o755)
    }

    deinit { Self.remove(name, in: "/tmp") }

    private static func remove(_ name: String, in parent: String) {
        guard let directory = try? Directory(opening: parent) else { return }
        // A test that has removed it itself has left nothing to do.
        if (try? directory.removeFile(name)) != nil { return }
        if let inner = try? Directory(opening: "\(parent)/\(name)") {
            for child in (try? inner.names()) ?? [] { remove(child, in: "\(parent)/\(name)") }
        }
        try? directory.removeDirectory(name)
    }

    public func makeFifo(_ name: String) throws {
        let result = bht_make_fifo("\(path)/\(name)")
        if result < 0 { throw SystemCallError("mkfifo", on: name, Errno(rawValue: CInt(-result))) }
    }
}

/// Runs `body` and returns what system call failed in it; nil where none did.
public func failure(of body: () throws(SystemCallError) -> Void) -> SystemCallError? {
    do throws(SystemCallError) {
        try body()
        return nil
    } catch { return error }
}

/// The descriptors of this thread's table, each with what it leads to.
public func openDescriptors() throws -> Set<String> {
    let directory = try Directory(opening: "/proc/thread-self/fd")
    return Set(
        try directory.names().compactMap { name in
            // The one that reads is gone by the time that anybody compares.
            name == String(directory.number)
                ? nil : "\(name) \(try directory.target(ofLink: name))"
        })
}

/// What `body` leaves open, in a table of descriptors of its own that has none but 0, 1 and 2 at its
/// beginning. Expectations belong outside of `body`.
public func leaks(of body: @escaping () throws -> Void) throws -> Set<String> {
    var left: Set<String> = []
    try apart {
        let before = try openDescriptors()
        try body()
        left = try openDescriptors().subtracting(before)
    }
    return left
}

/// Runs `body` on a thread whose table of descriptors has only 0, 1 and 2 in it, waits for it, and
/// throws what it throws.
public func apart(_ body: @escaping () throws -> Void) throws {
    let thread = try TestThread(apart: true, body)
    try thread.join()
}

/// Sends the byte 1 with `count` copies of standard error over a socket.
public func sendDescriptors(_ count: Int, over socket: CInt) throws {
    let result = bht_send_descriptors(socket, CInt(count))
    if result < 0 {
        throw SystemCallError("sendmsg", on: "\(count) descriptors", Errno(rawValue: CInt(-result)))
    }
}

/// A socket at `path` that receives datagrams and does not block.
public func datagramReceiver(at path: String) throws -> FileDescriptor {
    let result = bht_receive_datagrams(path)
    if result < 0 { throw SystemCallError("bind", on: path, Errno(rawValue: CInt(-result))) }
    return FileDescriptor(owning: CInt(result))
}

/// The corresponding calls are mount(2) and umount2(2).
public func mount(_ type: String, at target: String, options: String) throws {
    let result = bht_mount(type, target, options)
    if result < 0 { throw SystemCallError("mount", on: target, Errno(rawValue: CInt(-result))) }
}

public func unmount(_ target: String) throws {
    let result = bht_unmount(target)
    if result < 0 { throw SystemCallError("umount2", on: target, Errno(rawValue: CInt(-result))) }
}

/// Runs a shell's commands and waits for them; its status.
@discardableResult
public func shell(_ commands: String) throws -> Int32 {
    let child = try spawnProgram(
        "/bin/sh", arguments: ["sh", "-euc", commands],
        environment: ["PATH=/usr/sbin:/usr/bin:/bin"],
        descriptors: [nil, nil, 2])
    switch try child.wait().status {
    case .exited(let code): return code
    case .killed(let signal, _): return 128 + signal
    }
}

/// A thread that runs a closure.
public final class TestThread {
    private final class Work {
        let body: () throws -> Void
        var error: (any Error)?
        init(_ body: @escaping () throws -> Void) { self.body = body }
    }

    private let work: Work
    private let thread: OpaquePointer

    public init(apart: Bool = false, _ body: @escaping () throws -> Void) throws {
        let work = Work(body)
        var thread: OpaquePointer?
        let result = bht_start(
            apart ? 1 : 0,
            { context in
                let work = Unmanaged<Work>.fromOpaque(context!).takeUnretainedValue()
                do { try work.body() } catch { work.error = error }
            }, Unmanaged.passUnretained(work).toOpaque(), &thread)
        guard let thread else {
            throw SystemCallError("clone", on: "a thread", Errno(rawValue: CInt(-result)))
        }
        self.work = work
        self.thread = thread
    }

    /// Interrupts the system call in which it waits.
    public func interrupt() { _ = bht_interrupt(thread) }

    /// Once: waits until it has ended, and throws what it threw.
    public func join() throws {
        let result = bht_join(thread)
        if result < 0 {
            throw SystemCallError("close_range", on: "a thread", Errno(rawValue: CInt(-result)))
        }
        if let error = work.error { throw error }
    }
}
