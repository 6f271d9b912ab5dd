internal import Plan

/// Reads an interface definition: varlink.org/Interface-Definition.
struct InterfaceParser {
    private let bytes: [UInt8]
    private let text: String
    private var offset = 0
    /// The index of each type that was named so far, and what it is, once that is known.
    private var indices: [String: Int] = [:]
    private var types: [(name: String, offset: Int, type: InterfaceType?)] = []
    private var depth = 0

    /// Brackets within brackets in one type.
    private static let depthMax = 16

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    mutating func interface() throws(InterfaceError) -> Interface {
        if bytes.count > Interface.textMax {
            throw error("is longer than \(Interface.textMax) bytes")
        }
        try expectWord("interface")
        var result = Interface(name: try interfaceName(), text: text)
        while true {
            skipBlanks()
            if offset == bytes.count { break }
            try member(of: &result)
        }
        for type in types {
            guard let known = type.type else {
                throw error("type \(type.name) is not defined", at: type.offset)
            }
            result.types.append(known)
        }
        if result.methods.isEmpty { throw error("has no method") }
        return result
    }

    private mutating func member(of result: inout Interface) throws(InterfaceError) {
        let start = offset
        let keyword = try word("'type', 'method' or 'error'")
        skipBlanks()
        let nameOffset = offset
        switch keyword {
        case "type":
            let name = try typeName()
            let index = self.index(of: name, at: nameOffset)
            if types[index].type != nil { throw error("\(name) is there twice", at: nameOffset) }
            types[index].type = try structureOrEnumeration()
        case "method":
            let name = try typeName()
            if result.method(name) != nil { throw error("\(name) is there twice", at: nameOffset) }
            let input = try structure()
            skipBlanks()
            try expect("-", "'->'")
            try expect(">", "'->'")
            let output = try structure()
            result.methods.append(Interface.Method(name: name, input: input, output: output))
        case "error":
            let name = try typeName()
            if result.errors[name] != nil { throw error("\(name) is there twice", at: nameOffset) }
            result.errors[name] = try structure()
        default:
            throw error("expected 'type', 'method' or 'error', found \(quoted(keyword))", at: start)
        }
    }

    // MARK: Types

    private mutating func structure() throws(InterfaceError) -> InterfaceType {
        let start = offset
        let type = try structureOrEnumeration()
        if case .structure = type { return type }
        throw error("expected fields with types", at: start)
    }

    /// `(a: int, b: string)`, or `(one, other)`; empty brackets are a structure.
    private mutating func structureOrEnumeration() throws(InterfaceError) -> InterfaceType {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.depthMax { throw error("has more than \(Self.depthMax) levels") }
        skipBlanks()
        try expect("(", "'('")
        var fields: [InterfaceField] = []
        var words: [String] = []
        skipBlanks()
        if current == UInt8(ascii: ")") {
            offset += 1
            return .structure([])
        }
        while true {
            skipBlanks()
            let start = offset
            let name = try fieldName()
            if words.contains(name) || fields.contains(where: { $0.name == name }) {
                throw error("\(name) is there twice", at: start)
            }
            skipBlanks()
            if current == UInt8(ascii: ":") {
                offset += 1
                if !words.isEmpty {
                    throw error("has a type, the ones before have none", at: start)
                }
                fields.append(InterfaceField(name: name, type: try type()))
            } else {
                if !fields.isEmpty { throw error("has no type, the ones before have", at: start) }
                words.append(name)
            }
            skipBlanks()
            if current == UInt8(ascii: ",") {
                offset += 1
                continue
            }
            try expect(")", "',' or ')'")
            return words.isEmpty ? .structure(fields) : .enumeration(words)
        }
    }

    private mutating func type() throws(InterfaceError) -> InterfaceType {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.depthMax { throw error("has more than \(Self.depthMax) levels") }
        skipBlanks()
        switch current {
        case UInt8(ascii: "?"):
            offset += 1
            if current == UInt8(ascii: "?") { throw error("'??' means no more than '?'") }
            return .optional(try type())
        case UInt8(ascii: "["):
            offset += 1
            if current == UInt8(ascii: "]") {
                offset += 1
                return .array(try type())
            }
            try expectWord("string")
            try expect("]", "']'")
            return .map(try type())
        case UInt8(ascii: "("): return try structureOrEnumeration()
        case UInt8(ascii: "A")...UInt8(ascii: "Z"):
            let start = offset
            return .named(index(of: try typeName(), at: start))
        default:
            let start = offset
            let name = try word("a type")
            switch name {
            case "bool": return .bool
            case "int": return .int
            case "float": return .float
            case "string": return .string
            case "object": return .object
            case "any": return .any
            default: throw error("no type is called \(quoted(name))", at: start)
            }
        }
    }

    private mutating func index(of name: String, at offset: Int) -> Int {
        if let index = indices[name] { return index }
        indices[name] = types.count
        types.append((name, offset, nil))
        return types.count - 1
    }

    // MARK: Words

    private mutating func interfaceName() throws(InterfaceError) -> String {
        skipBlanks()
        let start = offset
        while Self.isLetterOrDigit(current) || current == UInt8(ascii: ".")
            || current == UInt8(ascii: "-")
        {
            offset += 1
        }
        let name = String(decoding: bytes[start..<offset], as: UTF8.self)
        let parts = bytes[start..<offset].split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isSound = parts.allSatisfy { part in
            Self.isLetterOrDigit(part.first ?? 0) && Self.isLetterOrDigit(part.last ?? 0)
        }
        if parts.count < 2 || !isSound {
            throw error("expected a name like org.example", at: start)
        }
        return name
    }

    private mutating func typeName() throws(InterfaceError) -> String {
        skipBlanks()
        let start = offset
        let name = try word("a name")
        if !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(bytes[start]) {
            throw error("\(quoted(name)) does not begin with a capital", at: start)
        }
        if name.utf8.contains(UInt8(ascii: "_")) {
            throw error("\(quoted(name)) has an underscore", at: start)
        }
        return name
    }

    private mutating func fieldName() throws(InterfaceError) -> String {
        let start = offset
        let name = try word("the name of a field")
        if bytes[offset - 1] == UInt8(ascii: "_") {
            throw error("\(quoted(name)) ends with an underscore", at: start)
        }
        return name
    }

    private mutating func word(_ wanted: String) throws(InterfaceError) -> String {
        skipBlanks()
        let start = offset
        while Self.isLetterOrDigit(current) || current == UInt8(ascii: "_") { offset += 1 }
        if start == offset || !Self.isLetterOrDigit(bytes[start]) || bytes[start] <= 0x39 {
            throw error("expected \(wanted)", at: start)
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func expectWord(_ wanted: String) throws(InterfaceError) {
        skipBlanks()
        let start = offset
        if try word("'\(wanted)'") != wanted { throw error("expected '\(wanted)'", at: start) }
    }

    private mutating func expect(
        _ character: Unicode.Scalar, _ wanted: String
    ) throws(InterfaceError) {
        if current != UInt8(ascii: character) { throw error("expected \(wanted)") }
        offset += 1
    }

    /// 0 behind the end.
    private var current: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    /// Also line ends and comments.
    private mutating func skipBlanks() {
        while true {
            switch current {
            case 0x20, 0x09, 0x0a, 0x0d: offset += 1
            case UInt8(ascii: "#"):
                while offset < bytes.count && bytes[offset] != 0x0a { offset += 1 }
            default: return
            }
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private func error(_ reason: String, at place: Int? = nil) -> InterfaceError {
        var line = 1
        var column = 1
        for byte in bytes.prefix(place ?? offset) {
            if byte == 0x0a {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return InterfaceError(line: line, column: column, reason: reason)
    }
}
