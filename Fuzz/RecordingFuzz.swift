import Recording

/// Any bytes as a recording that is played, and as what a session shows that is recorded: text that does
/// nothing to whoever reads it, and events that say what was shown and no more.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    play(bytes)
    record(bytes)
    return 0
}

private func play(_ bytes: [UInt8]) {
    let end = Cast.end(in: bytes)
    var plain = PlainText()
    var last: CastEvent?
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
        if Cast.isHeader(Array(line)) { continue }
        last = CastEvent(line: Array(line))
        guard let event = last else { continue }
        check(plain.text(of: event.text))
    }
    // Nothing but the last event is an end.
    if let end { precondition(last?.code == .marker && last?.text == end.rawValue) }
}

/// For any reader: no control character but the ends of lines and tabs.
private func check(_ text: String) {
    for scalar in text.unicodeScalars where scalar != "\n" && scalar != "\t" {
        precondition(scalar.properties.generalCategory != .control)
    }
}

/// The first byte says how long its pieces are.
private func record(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    var joiner = TextJoiner()
    var (whole, pieces) = (PlainText(), PlainText())
    var (text, shown) = ("", "")
    func take(_ part: String) {
        let line = Cast.line(.output, part, at: Int64(first) * 1_000_003)
        precondition(line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        let event = CastEvent(line: line.dropLast())
        precondition(event?.code == .output)
        precondition(event?.text.unicodeScalars.elementsEqual(part.unicodeScalars) ?? false)
        precondition(Cast.end(in: line) == nil)
        text.unicodeScalars += part.unicodeScalars
        shown.unicodeScalars += pieces.text(of: part).unicodeScalars
    }
    var rest = bytes.dropFirst()
    while !rest.isEmpty {
        take(joiner.text(of: Array(rest.prefix(Int(first) + 1))))
        rest = rest.dropFirst(Int(first) + 1)
    }
    take(joiner.rest())
    // However it came in pieces, it is what it would be at once.
    let symbol = Array("\u{2400}".utf8)
    let expected = String(
        decoding: bytes.dropFirst().flatMap { $0 == 0 ? symbol : [$0] }, as: UTF8.self)
    precondition(text.unicodeScalars.elementsEqual(expected.unicodeScalars))
    let atOnce = whole.text(of: text)
    precondition(shown.unicodeScalars.elementsEqual(atOnce.unicodeScalars))
    check(atOnce)
}
