import Plan

/// A command's arguments, told apart: which options were given with which values, and what is left.
struct ParsedArguments {
    let command: CommandName
    /// By the options' names without hyphens, in the order given.
    private(set) var options: [(name: String, value: String)] = []
    /// For each of them, how many operands stood before it.
    private(set) var places: [Int] = []
    private(set) var operands: [String] = []
    /// `--help` or `-h` was among the options; what follows it was not looked at.
    private(set) var asksForHelp = false
    /// How many operands stood before a `--`; nil where there was none.
    private(set) var operandsBeforeSeparator: Int?

    private let table: [OptionDescription]

    /// More of one option than anyone means.
    static let timesMax = 256

    init(parsing arguments: ArraySlice<String>, of command: CommandName) throws(ArgumentsError) {
        self.command = command
        table = command.options
        let operandsMax = command.operandsBeforeProgram
        var rest = arguments
        while let argument = rest.popFirst() {
            if argument == "--" {
                operandsBeforeSeparator = operands.count
                operands += rest
                return
            }
            // A lone hyphen is an operand by custom.
            if argument.utf8.first != UInt8(ascii: "-") || argument == "-" {
                operands.append(argument)
                if operands.count == operandsMax {
                    operands += rest
                    return
                }
                continue
            }
            if argument == "--help" || argument == "-h" {
                asksForHelp = true
                return
            }
            if argument.utf8.starts(with: "--".utf8) {
                try takeWord(argument, &rest)
            } else {
                try takeLetters(argument, &rest)
            }
        }
    }

    func has(_ name: String) -> Bool { options.contains { $0.name == name } }
    func has(_ option: ClientOption) -> Bool { has(option.rawValue) }

    /// The value of an option that may be given once; nil where it was not.
    func value(_ name: String) -> String? { options.first { $0.name == name }?.value }
    func value(_ option: ClientOption) -> String? { value(option.rawValue) }

    /// `--memory 1G`, `--memory=1G`, `--tty`.
    private mutating func takeWord(
        _ argument: String, _ rest: inout ArraySlice<String>
    ) throws(ArgumentsError) {
        let equals = argument.utf8.firstIndex(of: UInt8(ascii: "="))
        let spelling = String(argument[..<(equals ?? argument.endIndex)])
        let name = spelling.dropFirst(2)
        guard let option = table.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
            throw unknown(spelling)
        }
        let attached = equals.map { String(argument[argument.utf8.index(after: $0)...]) }
        try take(option, attached, &rest)
    }

    /// `-f`, `-n 5`, `-ti`: each letter an option, the last one with its value in the next argument.
    private mutating func takeLetters(
        _ argument: String, _ rest: inout ArraySlice<String>
    ) throws(ArgumentsError) {
        var known: [OptionDescription] = []
        for letter in argument.unicodeScalars.dropFirst() {
            guard let option = table.first(where: { $0.letter == letter }) else {
                throw unknown(argument)
            }
            known.append(option)
        }
        for (index, option) in known.enumerated() {
            // A value is no place for further letters.
            if option.value != nil && index + 1 < known.count { throw unknown(argument) }
        }
        for option in known { try take(option, nil, &rest) }
    }

    private mutating func take(
        _ option: OptionDescription, _ attached: String?, _ rest: inout ArraySlice<String>
    ) throws(ArgumentsError) {
        let times = options.count { $0.name == option.name } + 1
        let timesMax = option.isRepeatable || option.isForOperands ? Self.timesMax : 1
        if times > timesMax { throw .repeatedOption(option.spelling, timesMax: timesMax) }
        options.append((option.name, try Self.value(of: option, attached, &rest)))
        places.append(operands.count)
    }

    private static func value(
        of option: OptionDescription, _ attached: String?, _ rest: inout ArraySlice<String>
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

    /// With the option that was meant, also where one hyphen was written for two, or a letter for a
    /// word.
    private func unknown(_ spelling: String) -> ArgumentsError {
        let word = String(spelling.drop { $0 == "-" })
        let names = table.map(\.name) + ["help"]
        let meant =
            Plan.nearest(to: word, in: names)
            ?? names.first { !word.isEmpty && $0.utf8.starts(with: word.utf8) }
        return .unknownOption(
            spelling, command: command.rawValue, nearest: meant.map { "--\($0)" })
    }
}

// MARK: Operands

extension ParsedArguments {
    /// The operand at this place.
    func operand(_ index: Int, _ name: String) throws(ArgumentsError) -> String {
        guard operands.count > index else {
            throw .missingOperand(
                name, command: command.rawValue, example: command.examples[0])
        }
        return operands[index]
    }

    func operandOrNone(_ index: Int) -> String? {
        operands.count > index ? operands[index] : nil
    }

    /// Refuses what stands beyond the first `count` operands.
    func refuseOperands(after count: Int) throws(ArgumentsError) {
        if operands.count > count {
            throw .unexpectedOperand(operands[count], command: command.rawValue)
        }
    }

    /// One of few words.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _: Choice.Type, _ index: Int, _ name: String
    ) throws(ArgumentsError) -> Choice where Choice.RawValue == String {
        let word = try operand(index, name)
        if let choice = Choice(rawValue: word) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let hint =
            nearest(to: word, in: names).map { "did you mean '\($0)'?" }
            ?? "choose one of: \(names.joined(separator: ", "))"
        throw .invalid(
            InvalidValue("\(command.rawValue): \(name)", word, "is unknown", hint: hint))
    }
}
