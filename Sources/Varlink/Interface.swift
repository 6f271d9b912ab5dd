internal import JSONTree
public import Plan

/// A Varlink interface, read from its definition: what its methods take and return, and which errors
/// it knows. varlink.org/Interface-Definition.
public struct Interface: Sendable {
    public let name: String
    /// The definition as it was given.
    public let text: String

    public struct Method: Sendable {
        public let name: String
        let input: InterfaceType
        let output: InterfaceType
    }

    var methods: [Method] = []
    /// What each error says.
    var errors: [String: InterfaceType] = [:]
    /// `InterfaceType.named` counts these.
    var types: [InterfaceType] = []

    /// Bytes of a definition.
    public static let textMax = 65_536

    /// Throws with line and column where the text is no definition, names something twice, or uses a
    /// type that it does not define.
    public init(parsing text: String) throws(InterfaceError) {
        var parser = InterfaceParser(text)
        self = try parser.interface()
    }

    init(name: String, text: String) {
        self.name = name
        self.text = text
    }

    public var methodNames: [String] { methods.map(\.name) }
    public var errorNames: [String] { errors.keys.sorted() }

    func method(_ name: String) -> Method? { methods.first { $0.name == name } }
}

/// A text that is no interface definition.
public struct InterfaceError: Diagnosable, Hashable {
    /// Counted from 1; the column in bytes.
    public let line: Int
    public let column: Int
    public let reason: String

    public var message: String { "interface definition \(line):\(column): \(reason)" }
}
