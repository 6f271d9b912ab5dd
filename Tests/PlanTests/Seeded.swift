/// A small generator whose numbers are the same in every run: SplitMix64.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

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
