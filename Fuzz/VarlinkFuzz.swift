import JSONTree
import SupervisorInterface
import Varlink
import VarlinkWire

/// Any bytes as what a caller sends: cut into the same messages wherever the stream is cut, each a call
/// that is refused, answered or dispatched. What is read as JSON is written and read again as the same.
/// And the bytes as an interface definition.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let cut = Int(bytes.first ?? 0) * count / 256
    let whole = frames([bytes[...]])
    let cutFrames = frames([bytes[..<cut], bytes[cut...]])
    // Told to be too long sooner or later, but not before the same messages have come.
    precondition(whole.isTooLong == cutFrames.isTooLong && whole.frames == cutFrames.frames)
    for frame in whole.frames + [bytes] { call(frame[...]) }
    if let interface = try? Interface(parsing: String(decoding: bytes, as: UTF8.self)) {
        precondition(!interface.methodNames.isEmpty)
    }
    return 0
}

private func frames(_ pieces: [ArraySlice<UInt8>]) -> (frames: [[UInt8]], isTooLong: Bool) {
    var decoder = FrameDecoder(messageMax: 1_000, descriptorsMax: 2)
    var found: [[UInt8]] = []
    for piece in pieces {
        decoder.append(Array(piece))
        do {
            while let frame = try decoder.next() {
                precondition(frame.bytes.count <= 1_000)
                found.append(Array(frame.bytes))
            }
        } catch { return (found, true) }
    }
    precondition(decoder.count <= 1_000)
    return (found, false)
}

private func call(_ bytes: ArraySlice<UInt8>) {
    do throws(JSONError) {
        let value = try JSON(parsing: bytes)
        let text = value.encoded()
        guard let again = try? JSON(parsing: text) else { preconditionFailure("\(value)") }
        precondition(again == value && again.encoded() == text)
    } catch {
        precondition(error.message.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }
    guard let request = Request(parsing: bytes) else { return }
    switch service.examine(request) {
    case .answer(let parameters): precondition(parameters.members != nil)
    case .refuse(let error): precondition(error.name.hasPrefix("org.varlink.service."))
    case .dispatch(let interface, let method):
        precondition(request.method == "\(interface.name).\(method.name)")
    }
}

private let service: Service = {
    guard let interface = try? Interface(parsing: ControlInterface.text) else {
        preconditionFailure("the supervisor's interface is none")
    }
    return Service(
        .init(vendor: "", product: "", version: "", url: ""), interfaces: [interface],
        streaming: ControlInterface.streaming)
}()
