/// `text` as a JSON string with its quotes (RFC 8259 section 7): quotes, backslashes and control
/// characters escaped, also those of the second set (C1), which some terminals obey; all else as it
/// is.
public func jsonString(_ text: String) -> String {
    var bytes: [UInt8] = []
    appendJSONString(text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
}

/// The same after what `bytes` has.
public func appendJSONString(_ text: String, to bytes: inout [UInt8]) {
    let utf8 = text.utf8
    bytes.reserveCapacity(bytes.count + utf8.count + 2)
    bytes.append(UInt8(ascii: "\""))
    // Characters of the second set have two bytes in UTF-8, of which the first is this.
    let second: UInt8 = 0xC2
    var isSecond = false
    for byte in utf8 {
        if isSecond {
            isSecond = false
            if byte < 0xA0 {
                appendEscape(of: byte, to: &bytes)
            } else {
                bytes.append(second)
                bytes.append(byte)
            }
            continue
        }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case UInt8(ascii: "\n"): bytes += "\\n".utf8
        case UInt8(ascii: "\t"): bytes += "\\t".utf8
        case UInt8(ascii: "\r"): bytes += "\\r".utf8
        case 0..<0x20, 0x7F: appendEscape(of: byte, to: &bytes)
        case second: isSecond = true
        default: bytes.append(byte)
        }
    }
    bytes.append(UInt8(ascii: "\""))
}

private func appendEscape(of character: UInt8, to bytes: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    bytes += "\\u00".utf8
    bytes.append(digits[Int(character >> 4)])
    bytes.append(digits[Int(character & 15)])
}
