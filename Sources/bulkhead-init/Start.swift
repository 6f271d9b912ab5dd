import CInit

/// Starts the workload that a request describes.
///
/// - Returns: what to answer, the controlling side of its terminal or -1, and whether to stay after it.
func start(request descriptor: Int32) -> (InitMessage, controller: Int32, lingers: Bool) {
    let size = init_size(descriptor)
    if size <= 0 || size > Int64(SpawnRequest.encodedLengthMax) {
        return (
            .notStarted(run: 0, .readRequest, errno: size < 0 ? Int32(-size) : messageTooLong), -1,
            true
        )
    }
    var bytes = [UInt8](repeating: 0, count: Int(size))
    let count = init_read(descriptor, &bytes, bytes.count)
    guard count == size, let layout = SpawnLayout(bytes) else {
        return (
            .notStarted(run: 0, .readRequest, errno: count < 0 ? Int32(-count) : badMessage), -1,
            true
        )
    }
    var controller: Int32 = -1
    var side: Int32 = -1
    if let window = layout.terminal {
        let result = init_open_terminal(
            window.rows, window.columns, layout.user, layout.group, &controller, &side)
        if result < 0 {
            return (.notStarted(run: 0, .openTerminal, errno: Int32(-result)), -1, true)
        }
    }
    defer { if side >= 0 { init_close(side) } }
    return (start(layout, in: bytes, terminal: side), controller, layout.lingers)
}

/// EMSGSIZE and EBADMSG of errno(3).
private let messageTooLong: Int32 = 90
private let badMessage: Int32 = 74

private func start(_ layout: SpawnLayout, in bytes: [UInt8], terminal: Int32) -> InitMessage {
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
                                limits: limits.baseAddress, limit_count: UInt32(limits.count),
                                directory: base + layout.directory,
                                candidates: candidates.baseAddress,
                                arguments: arguments.baseAddress,
                                environment: environment.baseAddress,
                                writable: writable.baseAddress, filter: base + layout.filterOffset,
                                filter_length: UInt32(layout.filterLength / 8), failed_stage: 0,
                                failed_errno: 0)
                            let pid = init_start(&workload)
                            if pid > 0 { return .started(run: 0, pid: UInt32(pid)) }
                            let stage = SpawnStage(
                                rawValue: UInt8(truncatingIfNeeded: workload.failed_stage))
                            return .notStarted(run: 0, stage ?? .fork, errno: workload.failed_errno)
                        }
                    }
                }
            }
        }
    }
}
