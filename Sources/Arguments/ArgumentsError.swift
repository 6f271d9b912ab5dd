public import Plan

/// A command line that says nothing we could do.
public enum ArgumentsError: Diagnosable, Hashable {
    case unknownCommand(String, nearest: String?)
    case unknownOption(String, command: String, nearest: String?)
    case missingValue(option: String, placeholder: String)
    case unexpectedValue(option: String, value: String)
    case repeatedOption(String, timesMax: Int)
    case missingOperand(String, command: String, example: String)
    case unexpectedOperand(String, command: String)
    /// Two options that cannot both be meant.
    case contradiction(String, remedy: String)
    /// - position: counted from 1, the program's own name left out.
    case notUTF8(position: Int, repaired: String)
    case invalid(InvalidValue)

    public var message: String {
        switch self {
        case .unknownCommand(let name, _): "unknown command \(quoted(name))"
        case .unknownOption(let option, let command, _):
            "\(command): unknown option \(quoted(option))"
        case .missingValue(let option, let placeholder):
            "\(option) needs a value: \(option) \(placeholder)"
        case .unexpectedValue(let option, let value):
            "\(option) takes no value, but \(quoted(value)) was given"
        case .repeatedOption(let option, let timesMax):
            timesMax == 1
                ? "\(option) was given twice" : "\(option) was given more than \(timesMax) times"
        case .missingOperand(let operand, let command, _): "\(command): no \(operand) was given"
        case .unexpectedOperand(let operand, let command):
            "\(command): unexpected argument \(quoted(operand))"
        case .contradiction(let what, _): what
        case .notUTF8(let position, let repaired):
            "argument \(position) \(quoted(repaired)) is not UTF-8"
        case .invalid(let error): error.message
        }
    }

    public var hint: String? {
        switch self {
        case .unknownCommand(let name, let nearest):
            if let nearest {
                "did you mean '\(nearest)'?"
            } else if name.utf8.first == UInt8(ascii: "-") {
                "options come after the command; see: bulkhead help"
            } else {
                "to run a program, write: bulkhead run -- PROGRAM"
            }
        case .unknownOption(_, let command, let nearest):
            if let nearest { "did you mean \(nearest)?" } else { "see: bulkhead help \(command)" }
        case .missingValue: "a value that begins with two hyphens is written with '='"
        case .unexpectedValue(let option, _): "write \(option) alone"
        case .repeatedOption(_, let timesMax): timesMax == 1 ? "keep one of the two" : nil
        case .missingOperand(_, _, let example): "for example: \(example)"
        case .unexpectedOperand(_, let command): "see: bulkhead help \(command)"
        case .contradiction(_, let remedy): remedy
        case .notUTF8: "convert it, or let a shell inside the sandbox make it: sh -c '…'"
        case .invalid(let error): error.hint
        }
    }
}
