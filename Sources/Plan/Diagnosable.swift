/// An error whose text is fit for an operator: what happened, and what may be done about it.
///
/// Text is made here and printed by each program's one `report` function; nothing below logs.
public protocol Diagnosable: Error {
    /// What went wrong, where and why, in one line without a final full stop.
    var message: String { get }
    /// An action that remedies it, or nil where none is known.
    var hint: String? { get }
}

extension Diagnosable {
    public var hint: String? { nil }
}

/// A value that somebody gave and that cannot be used.
public struct InvalidValue: Diagnosable, Hashable {
    /// What the value is for, in the words the operator used: `--memory`, `sandbox name`.
    public let subject: String
    /// The value, already made printable and bounded by `quoted(_:)`.
    public let value: String
    /// Why it cannot be used.
    public let reason: String
    public let hint: String?

    public init(_ subject: String, _ value: String, _ reason: String, hint: String? = nil) {
        self.subject = subject
        self.value = quoted(value)
        self.reason = reason
        self.hint = hint
    }

    public var message: String { "\(subject) \(value): \(reason)" }
}

/// `text` between single quotes and made safe by `escaped(_:)`.
public func quoted(_ text: String) -> String { "'\(escaped(text))'" }

/// `text` with control characters, quotes and backslashes escaped, cut after 64 characters, so that
/// hostile input can neither forge a line nor drive a terminal.
public func escaped(_ text: String) -> String {
    var result = ""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        if index == escapedLengthMax {
            result += "…"
            break
        }
        switch scalar {
        case "'", "\\": result += "\\\(scalar)"
        case _ where scalar.isDangerous: result += "\\u{\(String(scalar.value, radix: 16))}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// `text` with what could forge a line or drive a terminal escaped, and all else as it is: for a whole
/// line, in which parts may have come from anywhere.
public func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        if scalar.isDangerous {
            result += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

extension Unicode.Scalar {
    /// Whether a terminal or a reader could be misled by it.
    fileprivate var isDangerous: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate,
            .unassigned:
            true
        default: false
        }
    }
}

/// Long enough for any path worth reading in an error, short enough for one line of a terminal.
private let escapedLengthMax = 64
