internal import CJansson
internal import Plan

/// A parsed JSON text, owned: jansson's `json_t`.
struct JSONDocument: ~Copyable {
    private let root: UnsafeMutablePointer<json_t>

    /// Throws with the place where the text is no JSON, names a member twice, or nests deeper than
    /// jansson's bound of 2,048.
    init(parsing bytes: [UInt8], file: String) throws(ProfileError) {
        var failure = json_error_t()
        let parsed = bytes.withUnsafeBytes { buffer in
            json_loadb(
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count,
                Int(JSON_REJECT_DUPLICATES), &failure)
        }
        guard let parsed else { throw JSONDocument.error(failure, file: file) }
        root = parsed
    }

    deinit { json_decref(root) }

    /// Valid while the document is.
    var node: JSONNode { JSONNode(pointer: root, path: []) }

    private static func error(_ failure: json_error_t, file: String) -> ProfileError {
        let text = withUnsafeBytes(of: failure.text) { buffer in
            String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        }
        // "unexpected token near 'TEXT'": what is near comes from the file.
        var reason = text
        if let quote = text.firstIndex(of: "'"), text.last == "'" {
            let token = text[quote...].dropFirst().dropLast()
            reason = text[..<quote] + quoted(String(token))
        }
        return .malformed(
            Location(file, Int(max(failure.line, 1)), Int(max(failure.column, 1))), reason: reason,
            hint: text.hasPrefix("duplicate") ? "keep one of them" : nil)
    }
}

/// A value of a document, with the way to it.
struct JSONNode {
    fileprivate let pointer: UnsafeMutablePointer<json_t>
    /// How many members or elements come before it, from the root on.
    let path: [Int]

    enum Value {
        case object([(key: String, value: JSONNode)])
        case array([JSONNode])
        case text(String)
        case integer(Int64)
        case other(String)
    }

    var value: Value {
        switch pointer.pointee.type {
        case JSON_OBJECT:
            var members: [(key: String, value: JSONNode)] = []
            // jansson keeps members in the order of the text; the way to a value relies on it.
            var iterator = json_object_iter(pointer)
            while let current = iterator {
                if let key = json_object_iter_key(current),
                    let value = json_object_iter_value(current)
                {
                    let node = JSONNode(pointer: value, path: path + [members.count])
                    members.append((String(cString: key), node))
                }
                iterator = json_object_iter_next(pointer, current)
            }
            return .object(members)
        case JSON_ARRAY:
            return .array(
                (0..<json_array_size(pointer)).compactMap { index in
                    json_array_get(pointer, index).map {
                        JSONNode(pointer: $0, path: path + [index])
                    }
                })
        case JSON_STRING:
            let length = json_string_length(pointer)
            let bytes = UnsafeRawBufferPointer(start: json_string_value(pointer), count: length)
            return .text(String(decoding: bytes, as: UTF8.self))
        case JSON_INTEGER: return .integer(json_integer_value(pointer))
        case JSON_REAL: return .other("a fraction")
        case JSON_TRUE, JSON_FALSE: return .other("true or false")
        default: return .other("null")
        }
    }

    /// For an error: what the value is.
    var kind: String {
        switch value {
        case .object: "an object"
        case .array: "a list"
        case .text: "text"
        case .integer: "a number"
        case .other(let kind): kind
        }
    }
}
