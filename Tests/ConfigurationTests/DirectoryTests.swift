import Configuration
import Plan
import Syscalls
import Testing

/// Files of a real directory: these tests run as root, or as anybody who owns what they make.
struct DirectoryTests {
    /// A directory of its own, taken away when the test ends.
    private struct Fixture: ~Copyable {
        let path: String

        init(_ name: String) throws {
            path = "/tmp/configuration-\(name)-\(currentProcessID())"
            let parent = try Directory(opening: "/tmp")
            try parent.makeDirectory(String(path.dropFirst(5)), mode: 0o755)
            let directory = try Directory(opening: path)
            try directory.makeDirectory("projects.d", mode: 0o755)
        }

        func write(_ name: String, _ text: String, mode: UInt32 = 0o644) throws {
            let directory = try Directory(opening: path)
            try directory.createFile(name, containing: text, mode: mode)
            // Whatever the umask.
            try directory.setPermissions(name, mode)
        }

        func directory() throws(SystemCallError) -> Directory { try Directory(opening: path) }

        /// The names of what is read, or what is said against it, the path left out.
        func read() -> [String] {
            do throws(ConfigurationError) {
                return try SourceFile.read(directory: path).map(\.name)
            } catch {
                return error.lines.map { line in
                    line.split(separator: path, omittingEmptySubsequences: false)
                        .joined(separator: "DIR")
                }
            }
        }

        deinit {
            // What is left over is found by its name; a test's verdict does not hang on it.
            guard let parent = try? Directory(opening: "/tmp"),
                let directory = try? Directory(opening: path)
            else { return }
            if let inner = try? Directory(opening: "\(path)/projects.d") {
                for name in (try? inner.names()) ?? [] { try? inner.removeFile(name) }
            }
            for name in (try? directory.names()) ?? [] {
                try? directory.removeFile(name)
                try? directory.removeDirectory(name)
            }
            try? parent.removeDirectory(String(path.dropFirst(5)))
        }
    }

    @Test func theMainFileComesFirstAndTheOthersByName() throws {
        let fixture = try Fixture("order")
        #expect(fixture.read() == [])
        for name in ["b.yaml", "a.yaml", "B.yaml", ".hidden.yaml", "b.yaml~", "README"] {
            try fixture.write("projects.d/\(name)", "projects: {}")
        }
        try fixture.write("bulkhead.yaml", "global: {}")
        #expect(
            fixture.read() == [
                "bulkhead.yaml", "projects.d/B.yaml", "projects.d/a.yaml", "projects.d/b.yaml",
            ])
        let files = try SourceFile.read(directory: fixture.path)
        #expect(files[0].bytes == Array("global: {}".utf8))
        #expect(SourceFile.inOrder(files.reversed()) == files)
    }

    @Test func whatSomebodyElseCouldWriteIsRefused() throws {
        let fixture = try Fixture("writable")
        try fixture.write("bulkhead.yaml", "", mode: 0o664)
        try fixture.write("projects.d/a.yaml", "", mode: 0o602)
        #expect(
            fixture.read() == [
                "bulkhead.yaml: others than its owner may write this file; chmod go-w "
                    + "'DIR/bulkhead.yaml'",
                "projects.d/a.yaml: others than its owner may write this file; chmod go-w "
                    + "'DIR/projects.d/a.yaml'",
            ])
        try fixture.directory().setPermissions("bulkhead.yaml", 0o644)
        try fixture.directory().removeFile("projects.d/a.yaml")
        try fixture.directory().setPermissions("projects.d", 0o777)
        #expect(
            fixture.read() == [
                "projects.d: others than its owner may write this directory; chmod go-w "
                    + "'DIR/projects.d'"
            ])
    }

    @Test func whatBelongsToSomebodyElseIsRefused() throws {
        if effectiveUserID() != 0 { return }
        let fixture = try Fixture("owner")
        try fixture.write("bulkhead.yaml", "")
        try fixture.directory().setOwner("bulkhead.yaml", user: 1_234, group: 0)
        #expect(
            fixture.read() == [
                "bulkhead.yaml: belongs to user 1234; chown root:root 'DIR/bulkhead.yaml'"
            ])
    }

    @Test func onlyRegularFilesOfTheDirectoryItselfAreRead() throws {
        let fixture = try Fixture("kinds")
        try fixture.directory().makeSymbolicLink("bulkhead.yaml", to: "/etc/passwd")
        try fixture.directory().makeDirectory("projects.d/a.yaml")
        try fixture.write("projects.d/b.yml", "")
        #expect(
            fixture.read() == [
                "bulkhead.yaml: is a symbolic link; put the file itself there",
                "projects.d/b.yml: would not be read; give it a name that ends in .yaml",
                "projects.d/a.yaml: is not a regular file",
            ])
        try fixture.directory().removeDirectory("projects.d/a.yaml")
    }

    @Test func whatIsTooLongIsReadToItsBoundAndRefusedByTheReader() throws {
        let fixture = try Fixture("length")
        try fixture.write("bulkhead.yaml", String(repeating: "#", count: 3 << 20))
        let files = try SourceFile.read(directory: fixture.path)
        #expect(files.map(\.bytes.count) == [SourceFile.bytesMax + 1])
        let error = #expect(throws: ConfigurationError.self) {
            _ = try Configuration.load(files: files, environment: [], machine: machine)
        }
        #expect(error?.lines == ["bulkhead.yaml: is larger than 1M"])
    }

    @Test func aDirectoryThatIsNotThereIsSaid() {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try SourceFile.read(directory: "/nowhere/at/all")
        }
        #expect(
            error?.lines == [
                "/nowhere/at/all: cannot be read: openat2: ENOENT (no such file or directory)"
            ])
    }
}
