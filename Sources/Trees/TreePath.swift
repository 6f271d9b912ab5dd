public import Plan
public import Syscalls

/// A path below the top of a tree; the top itself has no names.
public struct TreePath: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let names: [FileName]

    public init(_ names: [FileName] = []) { self.names = names }

    /// Reads `a/b`, in which `\xNN` is a byte that is no UTF-8.
    public init(parsing text: String) throws(InvalidValue) {
        var names: [FileName] = []
        for piece in text.utf8.split(separator: UInt8(ascii: "/")) {
            let piece = String(decoding: piece, as: UTF8.self)
            if piece == "." { continue }
            guard let name = FileName(text: piece) else {
                throw InvalidValue("path", text, "has a component that names no file")
            }
            names.append(name)
        }
        guard text.utf8.first != UInt8(ascii: "/"), !names.isEmpty else {
            throw InvalidValue(
                "path", text, "must lie below the project's directory",
                hint: "write it as `bulkhead diff` prints it")
        }
        if names.count > TreeLimits.depth {
            throw InvalidValue("path", text, "is deeper than \(TreeLimits.depth) directories")
        }
        self.names = names
    }

    public func appending(_ name: FileName) -> TreePath { TreePath(names + [name]) }

    /// Whether it is `other` or lies below it.
    public func isWithin(_ other: TreePath) -> Bool { names.starts(with: other.names) }

    public var description: String {
        if names.isEmpty { return "." }
        var text = names[0].text
        for name in names.dropFirst() { text += "/" + name.text }
        return text
    }

    public static func < (left: TreePath, right: TreePath) -> Bool {
        left.names.lexicographicallyPrecedes(right.names)
    }
}
