internal import CJansson
public import Plan

/// Why a text is not taken as JSON.
public enum JSONError: Diagnosable, Hashable {
    /// Counted from 1; the column, in characters, is the one up to which was read.
    case malformed(line: Int, column: Int, reason: String)
    case tooDeep
    case tooManyValues(max: Int)

    public var message: String {
        switch self {
        case .malformed(let line, let column, let reason): "JSON \(line):\(column): \(reason)"
        case .tooDeep: "JSON: more than \(JSON.depthMax) levels"
        case .tooManyValues(let max): "JSON: more than \(max) values"
        }
    }
}

extension JSON {
    /// Levels of brackets. No message of ours has more than six.
    public static let depthMax = 32

    /// Values in one text. A value costs up to a hundred bytes in memory while two characters suffice to
    /// write it; this bounds a tree to some megabytes.
    public static let valuesMax = 65_536

    /// Reads a text that is one value and nothing else. A name that is twice in an object, a NUL in a
    /// string, a whole number beyond 64 bits and bytes that are no UTF-8 are errors. The time is linear
    /// in the length, whatever the text.
    public init(
        parsing bytes: ArraySlice<UInt8>, valuesMax: Int = valuesMax
    ) throws(JSONError) {
        var failure = json_error_t()
        var refusal: JSONError?
        let parsed = bytes.withUnsafeBytes { buffer in
            refusal = Self.bounds(buffer, valuesMax)
            if refusal != nil { return nil as UnsafeMutablePointer<json_t>? }
            return json_loadb(
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count,
                Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY), &failure)
        }
        if let refusal { throw refusal }
        guard let parsed else { throw Self.error(failure) }
        defer { json_decref(parsed) }
        self = Self.value(of: parsed)
    }

    public init(parsing bytes: [UInt8]) throws(JSONError) { try self.init(parsing: bytes[...]) }

    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8)[...])
    }

    /// What is refused before a tree is made of it: brackets and commas outside strings tell how deep
    /// and how large it would be.
    private static func bounds(_ bytes: UnsafeRawBufferPointer, _ valuesMax: Int) -> JSONError? {
        var depth = 0
        var values = 1
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                values += 1
                if depth > depthMax { return .tooDeep }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ","): values += 1
            default: continue
            }
            if values > valuesMax { return .tooManyValues(max: valuesMax) }
        }
        return nil
    }

    /// The depth is bounded by now, and so is this recursion.
    private static func value(of pointer: UnsafeMutablePointer<json_t>) -> JSON {
        switch pointer.pointee.type {
        case JSON_OBJECT:
            var members: [Member] = []
            members.reserveCapacity(json_object_size(pointer))
            var iterator = json_object_iter(pointer)
            while let current = iterator {
                if let name = json_object_iter_key(current),
                    let value = json_object_iter_value(current)
                {
                    members.append(Member(String(cString: name), Self.value(of: value)))
                }
                iterator = json_object_iter_next(pointer, current)
            }
            return .object(members)
        case JSON_ARRAY:
            let count = json_array_size(pointer)
            var elements: [JSON] = []
            elements.reserveCapacity(count)
            for index in 0..<count {
                if let element = json_array_get(pointer, index) {
                    elements.append(value(of: element))
                }
            }
            return .array(elements)
        case JSON_STRING:
            return .string(
                String(
                    decoding: UnsafeRawBufferPointer(
                        start: json_string_value(pointer), count: json_string_length(pointer)),
                    as: UTF8.self))
        case JSON_INTEGER: return .integer(json_integer_value(pointer))
        case JSON_REAL: return .real(json_real_value(pointer))
        case JSON_TRUE: return .bool(true)
        case JSON_FALSE: return .bool(false)
        default: return .null
        }
    }

    private static func error(_ failure: json_error_t) -> JSONError {
        let text = withUnsafeBytes(of: failure.text) { buffer in
            String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        }
        // "unexpected token near 'TEXT'": what is near comes from whoever wrote the text.
        var reason = text
        if let quote = text.utf8.firstIndex(of: UInt8(ascii: "'")), text.utf8.last == 0x27 {
            let start = text.utf8.index(after: quote)
            let end = text.utf8.index(before: text.utf8.endIndex)
            if start <= end { reason = text[..<quote] + quoted(String(text[start..<end])) }
        }
        return .malformed(
            line: Int(max(failure.line, 1)), column: Int(max(failure.column, 1)),
            reason: printable(reason))
    }
}
