import Control

/// Any bytes as a packet between init and its holder, and as a request for init: understood whole, or
/// not at all. What is understood lies within the bytes, each string with its end.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let message = InitMessage(bytes) {
        // One meaning, one spelling.
        precondition(message.encoded() == bytes)
        precondition(bytes.count <= InitMessage.lengthMax)
    }
    guard let layout = SpawnLayout(bytes) else { return 0 }
    precondition(layout.filterLength > 0 && layout.filterLength % 8 == 0)
    precondition(layout.filterOffset >= 0 && layout.filterOffset + layout.filterLength <= count)
    let lists = [layout.candidates, layout.arguments, layout.environment, layout.writable]
    let request = SpawnRequest(
        user: layout.user, group: layout.group, capabilities: layout.capabilities,
        terminal: layout.terminal, resourceLimits: layout.resourceLimits,
        directory: string(at: layout.directory, in: bytes),
        candidates: lists[0].map { string(at: $0, in: bytes) },
        arguments: lists[1].map { string(at: $0, in: bytes) },
        environment: lists[2].map { string(at: $0, in: bytes) },
        filter: Array(bytes[layout.filterOffset...].prefix(layout.filterLength)),
        writable: lists[3].map { string(at: $0, in: bytes) }, lingers: layout.lingers,
        logFields: layout.logFields, notify: layout.notify)
    let again = request.encoded()
    // The size of a window is there without a terminal too, and then means nothing.
    if layout.terminal != nil { precondition(again == bytes) }
    precondition(again.count == count && SpawnLayout(again) != nil)
    return 0
}

/// The C string at an offset: traps where it does not end.
private func string(at offset: Int, in bytes: [UInt8]) -> [UInt8] {
    guard let end = bytes[offset...].firstIndex(of: 0) else {
        preconditionFailure("a string at \(offset) that does not end")
    }
    return Array(bytes[offset..<end])
}
