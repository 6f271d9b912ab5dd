import CInit

/// PID 1 of a sandbox: starts what it is told to, reaps whatever ends, tells how its runs ended.
///
/// Its control socket says what it is. One of a connected pair: the sandbox has one run and ends
/// with whoever holds the other end. One that is bound to a path: there are many runs, and the
/// sandbox outlives the supervisors that connect, one after the other.
@_cdecl("bulkhead_init")
func bulkheadInit() {
    let children = Int32(init_prepare())
    if children < 0 { init_end() }
    // The deed itself is the question: it is refused to a socket that has no name.
    let result = init_listen()
    if result == 0 {
        var sandbox = SupervisedSandbox(children: children)
        while true { sandbox.turn() }
    }
    if result != -Int64(Errno.invalid) { init_end() }
    var sandbox = HeldSandbox(children: children)
    while true { sandbox.turn() }
}

/// Numbers of errno(3) that decide something here.
enum Errno {
    static let ioError: Int32 = 5
    static let again: Int32 = 11
    static let invalid: Int32 = 22
    static let tooManyFiles: Int32 = 24
    static let brokenPipe: Int32 = 32
    static let protocolError: Int32 = 71
    static let badMessage: Int32 = 74
    static let tooManyUsers: Int32 = 87
    static let messageTooLong: Int32 = 90
    static let reset: Int32 = 104
}

/// Numbers of capabilities(7), as a set.
enum Capability {
    static let readSearch: UInt64 = 1 << 2
    static let kill: UInt64 = 1 << 5
    static let setGroup: UInt64 = 1 << 6
    static let setUser: UInt64 = 1 << 7
    static let setCapabilities: UInt64 = 1 << 8
}

/// A packet and the descriptors that came with it. Those that nobody takes are to be closed.
struct Packet {
    /// Its length, 0 at the end of the connection, or -errno.
    var count: Int64
    var message: InitMessage?
    var descriptors: [Int32] = []

    init(from socket: Int32) {
        var buffer = [UInt8](repeating: 0, count: InitMessage.lengthMax)
        var all: (Int32, Int32, Int32, Int32, Int32) = (-1, -1, -1, -1, -1)
        var received: Int32 = 0
        count = withUnsafeMutableBytes(of: &all) { memory in
            init_receive(
                socket, &buffer, buffer.count,
                memory.baseAddress!.assumingMemoryBound(to: Int32.self), &received)
        }
        if received > 0 {
            descriptors = withUnsafeBytes(of: all) { memory in
                Array(memory.bindMemory(to: Int32.self).prefix(Int(received)))
            }
        }
        if count > 0 { message = InitMessage(Array(buffer[0..<Int(count)])) }
    }

    func close() {
        for descriptor in descriptors { init_close(descriptor) }
    }
}

extension init_ended {
    /// As it is told; its name only where it is asked for, for a look into /proc takes a while.
    func ending(named name: [UInt8]) -> InitMessage.Ending {
        .init(
            pid: UInt32(pid), signalled: signalled != 0,
            status: UInt8(truncatingIfNeeded: status), userTime: user_us, systemTime: system_us,
            name: name)
    }

    func name() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: InitMessage.nameLengthMax)
        let count = init_name(pid, &bytes)
        return count > 0 ? Array(bytes.prefix(Int(count))) : []
    }

    /// Killed by SIGKILL, which is how the kernel ends what has no memory left.
    var isCasualty: Bool { signalled != 0 && status == 9 }
}
