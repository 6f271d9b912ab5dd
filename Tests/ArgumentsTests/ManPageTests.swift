import Arguments
import Syscalls
import Testing

@Suite struct ManPageTests {
    private static let documented: [CommandName] = [.run, .doctor, .profile]

    private func page(_ name: String) throws -> String {
        let source = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return try readFile("/\(source)/docs/man/\(name).1")
    }

    @Test(arguments: documented)
    func aPageDocumentsEveryOptionThatIsParsedAndNoOther(command: CommandName) throws {
        let lines = try page("bulkhead-\(command.rawValue)").split(separator: "\n")
        let entries = lines.filter { $0.hasPrefix(".It Fl ") }.map(String.init)
        let expected = command.options.map { option in
            // In mdoc, Fl prints one hyphen.
            let value = option.value.map { " Ar \($0.placeholder)" } ?? ""
            return ".It Fl \\-\(option.spelling.dropFirst(2))\(value)"
        }
        #expect(entries == expected + [".It Fl \\-help"])
    }

    @Test(arguments: documented) func aPageSaysWhichOptionsMayBeRepeated(command: CommandName)
        throws
    {
        let text = try page("bulkhead-\(command.rawValue)")
        let repeatable = command.options.count { $0.isRepeatable }
        #expect(text.split(separator: "May be repeated.\n").count - 1 == repeatable)
    }

    @Test func thePageOfTheProgramNamesEveryCommand() throws {
        let text = try page("bulkhead")
        for command in CommandName.allCases {
            #expect(text.contains(".It Cm \(command.rawValue)"))
        }
    }
}
