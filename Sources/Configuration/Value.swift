package import Plan

/// A kind of value that is written as one word, number or text.
package struct Value<Result>: Sendable {
    /// In a word or two, for the reference: `size`, `time`.
    package let kind: String
    /// The error's subject is not used: its place says more.
    package let parse: @Sendable (Node.Scalar) throws(InvalidValue) -> Result

    package init(
        _ kind: String, _ parse: @escaping @Sendable (String) throws(InvalidValue) -> Result
    ) {
        self.kind = kind
        self.parse = { (scalar) throws(InvalidValue) in try parse(scalar.text) }
    }

    /// Nil where it is none, which is then noted.
    package func read(_ node: Node, _ reading: inout Reading) -> Result? {
        guard case .scalar(let scalar) = node.content, !node.isNothing else {
            reading.refuse(node.position, "expected \(article(kind)), found \(node.kind)")
            return nil
        }
        do throws(InvalidValue) { return try parse(scalar) } catch {
            reading.refuse(node.position, error)
            return nil
        }
    }

    /// Nil where it is no list; values that are wrong are noted and left out. A single value stands
    /// for a list of one.
    package func readList(_ node: Node, _ reading: inout Reading) -> [Located<Result>]? {
        let nodes: [Node]
        switch node.content {
        case .sequence(let items): nodes = items
        case .scalar: nodes = [node]
        case .mapping:
            reading.refuse(node.position, "expected a list of \(kind), found a mapping")
            return nil
        }
        if nodes.count > listMax {
            reading.refuse(nodes[listMax].position, "is one more than \(listMax)")
            return nil
        }
        var result: [Located<Result>] = []
        for item in nodes {
            if let value = read(item, &reading) {
                result.append(Located(value: value, position: item.position))
            }
        }
        return result
    }
}

/// Longer than any list that people write.
private let listMax = 1_024

private func article(_ kind: String) -> String {
    // A choice, or more than one of something.
    if kind.utf8.contains(UInt8(ascii: ",")) || kind == "processors" { return kind }
    let isVowel = kind.utf8.first.map { Array("aeio".utf8).contains($0) } ?? false
    return isVowel ? "an \(kind)" : "a \(kind)"
}

extension Value where Result == String {
    /// Any text, as long as an argument of a program may be.
    static var text: Value { text(most: EnvironmentVariable.bytesMax) }

    package static func text(most: Int) -> Value {
        Value("text") { (text) throws(InvalidValue) in
            if text.utf8.contains(0) {
                throw InvalidValue("", text, "contains a NUL byte")
            }
            if text.utf8.count > most {
                throw InvalidValue("", text, "is longer than \(most) bytes")
            }
            return text
        }
    }

    /// An absolute path of this machine.
    static var hostPath: Value {
        Value("path") { (text) throws(InvalidValue) in try absolute(text) }
    }

    /// An absolute path inside the sandbox.
    static var sandboxPath: Value {
        Value("path inside") { (text) throws(InvalidValue) in
            try PlainPath(inSandbox: text, for: "").text
        }
    }

    static var profile: Value {
        Value("profile") { (text) throws(InvalidValue) in
            if text.utf8.contains(UInt8(ascii: "/")) { return try absolute(text) }
            return try ProfileReference(parsing: text, base: nil, for: "").text
        }
    }

    static var capability: Value {
        Value("capability") { (text) throws(InvalidValue) in
            try CapabilityName(parsing: text, for: "").text
        }
    }

    package static var timeOfDay: Value {
        Value("time of day") { (text) throws(InvalidValue) in
            let parts = text.utf8.split(
                separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            let bounds: [UInt64] = [23, 59, 59]
            var isTime = (2...3).contains(parts.count)
            for (part, most) in zip(parts, bounds) {
                guard part.count == 2, let number = UInt64(String(Substring(part))) else {
                    isTime = false
                    continue
                }
                if number > most { isTime = false }
            }
            if !isTime {
                throw InvalidValue("", text, "is no time of day", hint: "write 09:00")
            }
            return text
        }
    }

    package static var weekday: Value {
        let days = [
            "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
        ]
        return Value("weekday") { (text) throws(InvalidValue) in
            let small = text.lowercased()
            if days.contains(small) { return small }
            throw notAmong(days, text)
        }
    }
}

/// A relative path would depend on where the supervisor happened to be started.
private func absolute(_ text: String) throws(InvalidValue) -> String {
    if let first = text.utf8.first, first != UInt8(ascii: "/") {
        throw InvalidValue(
            "", text, "is a relative path", hint: "write the whole path, from / on")
    }
    return try PlainPath(onHost: text, base: nil, for: "").text
}

package func notAmong(_ words: [String], _ text: String) -> InvalidValue {
    let similar = nearest(to: text, in: words)
    return InvalidValue(
        "", text, "is not one of \(words.joined(separator: ", "))",
        hint: similar.map { "did you mean '\($0)'?" })
}
