import Plan

/// A command's arguments, told apart: which options were given with which values, and what is left.
struct ParsedArguments<Option: CommandOption> {
    private(set) var options: [(option: Option, value: String)] = []
    private(set) var operands: [String] = []
    /// `--help` or `-h` was among the options; what follows it was not looked at.
    private(set) var asksForHelp = false

    /// More of one option than anyone means.
    static var timesMax: Int { 256 }

    /// - Parameters:
    ///   - command: its name, for errors.
    ///   - operandsEndOptions: whether the first operand ends the options, because all that follows
    ///     belongs to it.
    init(
        parsing arguments: ArraySlice<String>, of command: String, operandsEndOptions: Bool
    ) throws(ArgumentsError) {
        var rest = arguments
        while let argument = rest.popFirst() {
            if argument == "--" {
                operands += rest
                return
            }
            // A lone hyphen is an operand by custom.
            if argument.utf8.first != UInt8(ascii: "-") || argument == "-" {
                operands.append(argument)
                if operandsEndOptions {
                    operands += rest
                    return
                }
                continue
            }
            if argument == "--help" || argument == "-h" {
                asksForHelp = true
                return
            }
            try take(argument, &rest, command)
        }
    }

    func has(_ option: Option) -> Bool { options.contains { $0.option == option } }

    private mutating func take(
        _ argument: String, _ rest: inout ArraySlice<String>, _ command: String
    ) throws(ArgumentsError) {
        let equals = argument.utf8.firstIndex(of: UInt8(ascii: "="))
        let spelling = String(argument[..<(equals ?? argument.endIndex)])
        guard spelling.utf8.starts(with: "--".utf8),
            let option = Option(rawValue: String(spelling.dropFirst(2)))
        else {
            throw .unknownOption(spelling, command: command, nearest: Self.nearest(to: spelling))
        }
        let attached = equals.map { String(argument[argument.utf8.index(after: $0)...]) }
        let times = options.count { $0.option == option } + 1
        let timesMax = option.isRepeatable ? Self.timesMax : 1
        if times > timesMax { throw .repeatedOption(option.spelling, timesMax: timesMax) }
        options.append((option, try Self.value(of: option, attached, &rest)))
    }

    private static func value(
        of option: Option, _ attached: String?, _ rest: inout ArraySlice<String>
    ) throws(ArgumentsError) -> String {
        guard let expected = option.value else {
            if let attached {
                throw .unexpectedValue(option: option.spelling, value: attached)
            }
            return ""
        }
        if let attached { return attached }
        // `--memory --cpu 2` lacks a size; it does not ask for '--cpu' of memory.
        guard let next = rest.first, !next.utf8.starts(with: "--".utf8) else {
            throw .missingValue(option: option.spelling, placeholder: expected.placeholder)
        }
        rest.removeFirst()
        return next
    }

    /// The option that was meant, also where one hyphen was written for two, or a letter for a word.
    private static func nearest(to spelling: String) -> String? {
        let word = String(spelling.drop { $0 == "-" })
        let names = Option.allCases.map(\.rawValue) + ["help"]
        if let name = Plan.nearest(to: word, in: names) { return "--\(name)" }
        return names.first { !word.isEmpty && $0.utf8.starts(with: word.utf8) }.map { "--\($0)" }
    }
}
