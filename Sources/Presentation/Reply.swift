internal import JSONTree
internal import Plan

/// How views read a reply: what is absent or of another kind reads as nothing, so that a newer
/// supervisor's reply is shown as far as it is understood.
extension JSON {
    /// A text, made safe to print in a line.
    func text(_ name: String) -> String { self[name]?.string.map(printable) ?? "" }

    func integer(_ name: String) -> Int64? { self[name]?.integer }

    func flag(_ name: String) -> Bool { self[name]?.bool ?? false }

    func list(_ name: String) -> [JSON] { self[name]?.array ?? [] }

    /// A list of texts with commas between them.
    func words(_ name: String, separator: String = ", ") -> String {
        var result = ""
        for word in list(name) {
            guard let text = word.string else { continue }
            result += (result.isEmpty ? "" : separator) + printable(text)
        }
        return result
    }

    func size(_ name: String) -> String {
        integer(name).map(Presentation.size) ?? ""
    }

    func span(_ name: String) -> String {
        integer(name).map(Presentation.span) ?? ""
    }

    func number(_ name: String) -> String {
        integer(name).map { String($0) } ?? ""
    }

    /// `yes` or `no`.
    func answer(_ name: String) -> String { flag(name) ? "yes" : "no" }
}
