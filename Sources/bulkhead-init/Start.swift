import CInit

/// Why a run was not started.
struct Refusal: Error {
    var stage: SpawnStage
    var errno: Int32
}

/// A run to be started: its request, and the descriptors that it starts with.
struct StartRequest {
    let layout: SpawnLayout
    private let bytes: [UInt8]
    /// What becomes its standard input, output and error; -1 leaves init's own.
    var standard: (Int32, Int32, Int32) = (-1, -1, -1)
    /// Directory of the cgroup that it starts in, or -1.
    var cgroup: Int32 = -1

    /// Reads a request from a file.
    static func read(_ descriptor: Int32) -> Result<StartRequest, Refusal> {
        let size = init_size(descriptor)
        if size <= 0 || size > Int64(SpawnRequest.encodedLengthMax) {
            let errno = size < 0 ? Int32(-size) : Errno.messageTooLong
            return .failure(Refusal(stage: .readRequest, errno: errno))
        }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = init_read(descriptor, &bytes, bytes.count)
        guard count == size, let layout = SpawnLayout(bytes) else {
            let errno = count < 0 ? Int32(-count) : Errno.badMessage
            return .failure(Refusal(stage: .readRequest, errno: errno))
        }
        return .success(StartRequest(layout: layout, bytes: bytes))
    }

    private init(layout: SpawnLayout, bytes: [UInt8]) {
        self.layout = layout
        self.bytes = bytes
    }

    /// Starts it and tells its pid, and the controlling side of its terminal where it has one.
    func begin(controller: inout Int32) -> Result<Int32, Refusal> {
        var side: Int32 = -1
        if let window = layout.terminal {
            let result = init_open_terminal(
                window.rows, window.columns, layout.user, layout.group, &controller, &side)
            if result < 0 {
                return .failure(Refusal(stage: .openTerminal, errno: Int32(-result)))
            }
        }
        defer { if side >= 0 { init_close(side) } }
        return start(terminal: side)
    }

    /// The value of a variable of its environment, with a NUL at its end.
    func variable(_ name: StaticString) -> [UInt8]? {
        for offset in layout.environment {
            let count = name.utf8CodeUnitCount
            // A string ends within the bytes, so a NUL comes before their end.
            let isIt = name.withUTF8Buffer { name in
                offset + count < bytes.count && bytes[offset + count] == UInt8(ascii: "=")
                    && bytes[offset..<(offset + count)].elementsEqual(name)
            }
            if isIt {
                return Array(bytes[(offset + count + 1)...].prefix { $0 != 0 }) + [0]
            }
        }
        return nil
    }

    private func start(terminal: Int32) -> Result<Int32, Refusal> {
        let limits = layout.resourceLimits.map {
            init_limit(resource: $0.resource, soft: $0.soft, hard: $0.hard)
        }
        return bytes.withUnsafeBytes { memory in
            let base = memory.baseAddress!.assumingMemoryBound(to: CChar.self)
            // Lists of C strings that lie in the request itself, each ended by a null pointer.
            let candidates = layout.candidates.map { Optional(base + $0) } + [nil]
            let arguments = layout.arguments.map { Optional(base + $0) } + [nil]
            let environment = layout.environment.map { Optional(base + $0) } + [nil]
            let writable = layout.writable.map { Optional(base + $0) } + [nil]
            return limits.withUnsafeBufferPointer { limits in
                candidates.withUnsafeBufferPointer { candidates in
                    arguments.withUnsafeBufferPointer { arguments in
                        environment.withUnsafeBufferPointer { environment in
                            writable.withUnsafeBufferPointer { writable in
                                var workload = init_workload(
                                    user: layout.user, group: layout.group,
                                    capabilities: layout.capabilities, terminal: terminal,
                                    standard: standard, cgroup: cgroup,
                                    limits: limits.baseAddress, limit_count: UInt32(limits.count),
                                    directory: base + layout.directory,
                                    candidates: candidates.baseAddress,
                                    arguments: arguments.baseAddress,
                                    environment: environment.baseAddress,
                                    writable: writable.baseAddress,
                                    filter: base + layout.filterOffset,
                                    filter_length: UInt32(layout.filterLength / 8),
                                    // SECCOMP_FILTER_FLAG_LOG
                                    filter_flags: layout.logsDenials ? 2 : 0,
                                    failed_stage: 0, failed_errno: 0)
                                let pid = init_start(&workload)
                                if pid > 0 { return .success(Int32(pid)) }
                                let stage = SpawnStage(
                                    rawValue: UInt8(truncatingIfNeeded: workload.failed_stage))
                                return .failure(
                                    Refusal(stage: stage ?? .fork, errno: workload.failed_errno))
                            }
                        }
                    }
                }
            }
        }
    }
}
