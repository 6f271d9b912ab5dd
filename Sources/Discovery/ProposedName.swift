public import Plan

extension ProjectName {
    /// A name for the project at `path` that is not taken: the directory's, with what names have not
    /// replaced by hyphens, and a number after it where it is taken.
    public static func proposed(for path: String, taken: Set<ProjectName>) -> ProjectName? {
        let component = path.utf8.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
        var bytes: [UInt8] = []
        for byte in component {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                bytes.append(byte)
            case UInt8(ascii: "_"), UInt8(ascii: "."):
                if !bytes.isEmpty { bytes.append(byte) }
            default:
                if let last = bytes.last, last != UInt8(ascii: "-") {
                    bytes.append(UInt8(ascii: "-"))
                }
            }
        }
        bytes = Array(bytes.prefix(lengthMax))
        while bytes.last == UInt8(ascii: "-") { bytes.removeLast() }
        if bytes.isEmpty { bytes = Array("project".utf8) }
        let base = String(decoding: bytes, as: UTF8.self)
        for number in 1...taken.count + 1 {
            let text = number == 1 ? base : "\(base)-\(number)"
            // Of letters that names have, and short enough.
            if let name = try? ProjectName(text), !taken.contains(name) { return name }
        }
        return nil
    }

    /// Leaves room for a number within the 48 bytes of a name.
    private static let lengthMax = 40
}
