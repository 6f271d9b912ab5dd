import Testbed

extension Seeded {
    /// Text made of what parsers trip over: digits, units, separators, and now and then any
    /// character at all.
    mutating func text() -> String {
        let pieces = [
            "0", "1", "9", "99999", ".", ":", ",", "=", "/", "\\", "-", "+", " ", "\0", "\n", "K",
            "M", "G", "T", "B", "iB", "ms", "s", "m", "h", "d", "%", "e", "max", "rbps", "wiops",
            "..",
            "a", "Z", "é", "\u{202E}", "👩‍👩‍👧", "\u{FFFD}", "CAP_", "#", "export ", "--", "'",
        ]
        var result = ""
        for _ in 0..<Int.random(in: 0...12, using: &self) {
            if Int.random(in: 0..<20, using: &self) == 0 {
                let value = UInt32.random(in: 0...0x10FFFF, using: &self)
                result.unicodeScalars.append(Unicode.Scalar(value) ?? "?")
            } else {
                result += pieces.randomElement(using: &self) ?? ""
            }
        }
        return result
    }
}
