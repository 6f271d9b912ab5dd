import Configuration
import Plan
import Syscalls
import Testing

/// The documentation and the tables of the reader say the same.
struct DocumentTests {
    private func file(_ name: String) throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return try readFile("/\(root)/\(name)")
    }

    /// What stands between two lines of a file.
    private func part(of name: String, from begin: String, to end: String) throws -> String {
        let text = try file(name)
        let after = try #require(text.range(of: begin + "\n"))
        let before = try #require(text.range(of: end))
        return String(text[after..<before])
    }

    @Test func everyKeyIsExplainedAndNoOther() throws {
        let text = try part(
            of: "docs/configuration.md", from: "<!-- keys -->", to: "<!-- end of keys -->")
        #expect(text.split(separator: "\n") == Reference.markdown.split(separator: "\n"))
    }

    @Test func everyKeyIsInTheManualAndNoOther() throws {
        let text = try part(
            of: "docs/man/bulkhead.yaml.5", from: ".\\\" keys", to: ".\\\" end of keys")
        #expect(text.split(separator: "\n") == Reference.manual.split(separator: "\n"))
    }

    @Test(arguments: ["docs/configuration.md", "docs/man/bulkhead.yaml.5"])
    func everyVariableIsNamed(name: String) throws {
        let text = try file(name)
        for key in Configuration.variables + Configuration.otherVariables {
            #expect(text.utf8.contains(key.utf8), "\(key)")
        }
    }

    @Test func everyKeySaysWhatItIsGoodFor() {
        for section in Configuration.reference {
            for key in section.keys {
                #expect(key.meaning.hasSuffix("."), "\(section.title): \(key.name)")
                #expect(!key.example.isEmpty)
            }
        }
        #expect(Configuration.keysOfProjectsAlone == ["name", "path", "template"])
    }

    @Test func theExampleIsTakenAndAllOfItIsUsed() throws {
        let bytes = Array(try file("examples/bulkhead.yaml").utf8)
        let configuration = try Configuration.load(
            files: [SourceFile(name: "bulkhead.yaml", bytes: bytes)], environment: [],
            machine: machine)
        #expect(configuration.projects.map(\.name.text) == ["shop", "worker"])
        #expect(configuration.unused.isEmpty)
        let worker = configuration.projects[1]
        #expect(worker.dependencies == [configuration.projects[0].name])
        #expect(configuration.projects[0].services[0].health.readiness != nil)
    }
}

extension String {
    /// Where the text of another stands: from its end for the first of a pair of marks.
    fileprivate func range(of mark: String) -> String.Index? {
        let (all, wanted) = (Array(utf8), Array(mark.utf8))
        guard all.count >= wanted.count else { return nil }
        for start in 0...(all.count - wanted.count)
        where all[start..<(start + wanted.count)].elementsEqual(wanted) {
            let isBegin = wanted.last == UInt8(ascii: "\n")
            return utf8.index(startIndex, offsetBy: isBegin ? start + wanted.count : start)
        }
        return nil
    }
}
