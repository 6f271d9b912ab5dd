import Arguments
import Syscalls
import Testing

@Suite struct ManPageTests {
    private static let documented = CommandName.allCases.filter { !$0.options.isEmpty }

    private func page(_ name: String) throws -> String {
        let source = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return try readFile("/\(source)/docs/man/\(name).1")
    }

    /// What is said of one command: a page of its own, or its section of a page and, at the end,
    /// the section on what its neighbours have too.
    private func lines(on command: CommandName) throws -> [Substring] {
        let lines = try page(command.manualPage).split(separator: "\n")
        if !lines.contains(".Ss bulkhead \(command.rawValue)") { return lines }
        func section(_ title: String) -> ArraySlice<Substring> {
            guard let start = lines.firstIndex(of: ".Ss \(title)") else { return [] }
            let rest = lines[(start + 1)...]
            return rest.prefix { !$0.hasPrefix(".Ss ") && !$0.hasPrefix(".Sh ") }
        }
        return Array(section("bulkhead \(command.rawValue)")) + section("Options of all of them")
    }

    @Test(arguments: documented)
    func aPageDocumentsEveryOptionThatIsParsedAndNoOther(command: CommandName) throws {
        let entries = try lines(on: command).filter { $0.hasPrefix(".It Fl ") }.map(String.init)
        let expected = command.options.map { option in
            // In mdoc, Fl prints one hyphen.
            let letter = option.letter.map { "Fl \($0) , " } ?? ""
            let value = option.value.map { " Ar \($0.placeholder)" } ?? ""
            return ".It \(letter)Fl \\-\(option.name)\(value)"
        }
        #expect(entries == expected + [".It Fl \\-help"])
    }

    @Test(arguments: documented) func aPageSaysWhichOptionsMayBeRepeated(command: CommandName)
        throws
    {
        let text = try lines(on: command)
        let repeatable = command.options.count { $0.isRepeatable }
        #expect(text.count { $0 == "May be repeated." } == repeatable)
    }

    @Test func thePageOfTheProgramNamesEveryCommand() throws {
        let text = try page("bulkhead")
        for command in CommandName.allCases {
            #expect(text.contains(".It Cm \(command.rawValue)"))
        }
    }

    @Test(arguments: Set(CommandName.allCases.map(\.manualPage)).sorted())
    func aPageSaysWhatItIsCalled(name: String) throws {
        let lines = try page(name).split(separator: "\n")
        #expect(lines.contains(".Nm \(name)"))
        #expect(lines.contains(".Dt \(name.uppercased()) 1"))
    }
}
