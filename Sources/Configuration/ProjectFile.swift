public import Plan

/// The least that makes a directory a project: what `bulkhead register` writes.
public func projectFile(name: ProjectName, path: String) -> String {
    """
    # \(name): every key is in bulkhead.yaml(5), for example limits and services.
    projects:
      \(quotedYAML(name.text)):
        path: \(quotedYAML(path))

    """
}

/// `text` as a scalar that is text and nothing else: plain where it could be nothing else, with double
/// quotes otherwise. YAML 1.2 section 7.3.1.
func quotedYAML(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
    // A word such as null or 12 would be no text; what has a letter and begins so is.
    let begins = text.utf8.first.map { $0 == UInt8(ascii: "/") } ?? false
    let isWord = text.utf8.first.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    if isPlain, begins || (isWord == true && !["null", "true", "false"].contains(text)) {
        return text
    }
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": result += "\\\(scalar)"
        case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
            result += "\\x" + digits(scalar.value, 2)
        case _ where scalar.value == 0xFEFF || (0x2028...0x2029).contains(scalar.value):
            result += "\\u" + digits(scalar.value, 4)
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

private func digits(_ value: UInt32, _ count: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
}
