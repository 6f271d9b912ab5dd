/// The name of a file in a directory, as the kernel has it: any bytes but NUL and slash.
public struct FileName: Hashable, Comparable, Sendable {
    /// With a NUL at the end.
    private let terminated: [UInt8]

    /// Nil for what names no file of a directory: nothing, `.`, `..`, and what has a slash or a NUL.
    public init?(_ bytes: some Collection<UInt8>) {
        let name = Array(bytes)
        if name.isEmpty || name == [UInt8(ascii: ".")]
            || name == [UInt8(ascii: "."), UInt8(ascii: ".")]
            || name.contains(UInt8(ascii: "/")) || name.contains(0)
        {
            return nil
        }
        terminated = name + [0]
    }

    /// A name of ours.
    public init(_ name: StaticString) {
        terminated =
            Array(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)) + [0]
    }

    public var bytes: ArraySlice<UInt8> { terminated.dropLast() }

    /// For people and for JSON: bytes that are no UTF-8, and the backslash, as `\xNN`.
    public var text: String {
        let name = Array(bytes)
        if !name.contains(UInt8(ascii: "\\")), let text = String(validating: name, as: UTF8.self) {
            return text
        }
        var result = ""
        var position = 0
        while position < name.count {
            var length = 1
            switch name[position] {
            case 0x00...0x7f: length = 1
            case 0xc0...0xdf: length = 2
            case 0xe0...0xef: length = 3
            case 0xf0...0xf7: length = 4
            default: length = 0
            }
            if length > 0, position + length <= name.count, name[position] != UInt8(ascii: "\\"),
                let piece = String(validating: name[position..<position + length], as: UTF8.self)
            {
                result += piece
                position += length
            } else {
                let digits = Array("0123456789abcdef")
                result +=
                    "\\x\(digits[Int(name[position] >> 4)])\(digits[Int(name[position] & 15)])"
                position += 1
            }
        }
        return result
    }

    /// The name that `text` stands for, the other way round; nil where there is none.
    public init?(text: some StringProtocol) {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "\\") {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 3, rest.removeFirst() == UInt8(ascii: "x"),
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else { return nil }
            rest = rest.dropFirst(2)
            bytes.append(value)
        }
        self.init(bytes)
    }

    public static func < (left: FileName, right: FileName) -> Bool {
        left.terminated.lexicographicallyPrecedes(right.terminated)
    }

    func withPointer<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        terminated.withUnsafeBytes { body($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
    }
}
