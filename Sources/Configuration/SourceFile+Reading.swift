internal import Plan
internal import Syscalls

extension SourceFile {
    /// The file that is read first; it need not exist.
    public static let mainName = "bulkhead.yaml"
    /// The directory of further ones, each with a name that ends in `.yaml`; it need not exist.
    public static let directoryName = "projects.d"
    /// In that directory.
    public static let filesMax = 1_024
    /// All files together.
    public static let totalMax = 16 << 20

    /// The configuration's files: the main one, then those of `projects.d` and of `quotas.d` by name.
    ///
    /// What stands there decides what runs on the machine: so all of it has to be regular files that
    /// belong to root, or to whom this process belongs, and that nobody else may write.
    ///
    /// - Parameters:
    ///   - directory: such as `/etc/bulkhead`.
    ///   - classes: the file of quota classes that came with the program, at the first of these paths
    ///     that is one.
    public static func read(
        directory path: String, classes: [String] = []
    ) throws(ConfigurationError) -> [SourceFile] {
        var reader = DirectoryReader(path)
        do throws(SystemCallError) {
            let directory = try Directory(opening: path)
            reader.check(try directory.descriptor.status(), path, "directory")
            reader.read(mainName, at: directory.number, mayBeAbsent: true)
            reader.readAll(in: directoryName, at: directory.number)
            reader.readAll(in: QuotaLayer.directoryName, at: directory.number)
        } catch {
            reader.refuse(path, error)
        }
        for path in classes where reader.readInstalled(path) { break }
        return try reader.finished()
    }
}

private struct DirectoryReader {
    private let path: String
    private var files: [SourceFile] = []
    private var problems = ProblemList()
    private var total = 0

    init(_ path: String) { self.path = path }

    mutating func refuse(_ name: String, _ error: SystemCallError) {
        problems.add(
            Problem(Position(file: name), "cannot be read: \(error.call): \(error.errno)"))
    }

    mutating func check(_ status: FileStatus, _ name: String, _ kind: String) {
        let place = Position(file: name)
        if status.user != 0, status.user != effectiveUserID() {
            problems.add(
                Problem(
                    place, "belongs to user \(status.user)",
                    hint: "chown root:root \(full(name))"))
        }
        if status.permissions & 0o022 != 0 {
            problems.add(
                Problem(
                    place, "others than its owner may write this \(kind)",
                    hint: "chmod go-w \(full(name))"))
        }
    }

    /// As it is given to a command.
    private func full(_ name: String) -> String {
        quoted(name == path ? path : "\(path)/\(name)")
    }

    mutating func readAll(in name: String, at directory: CInt) {
        let names: [String]
        do throws(SystemCallError) {
            let inner = try Directory(
                opening: name, at: directory, resolve: [.beneath, .noSymlinks])
            check(try inner.descriptor.status(), name, "directory")
            names = try inner.names()
        } catch {
            if error.errno != .ENOENT { refuse(name, error) }
            return
        }
        var wanted: [String] = []
        // In the order of their bytes, whatever the locale.
        for file in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        where file.utf8.first != UInt8(ascii: ".") {
            if file.hasSuffix(".yml") {
                problems.add(
                    Problem(
                        Position(file: "\(name)/\(file)"), "would not be read",
                        hint: "give it a name that ends in .yaml"))
            }
            if file.hasSuffix(".yaml") { wanted.append(file) }
        }
        if wanted.count > SourceFile.filesMax {
            problems.add(
                Problem(
                    Position(file: name), "has more than \(SourceFile.filesMax) files",
                    hint: "a file may have several projects"))
            return
        }
        for file in wanted { read("\(name)/\(file)", at: directory, mayBeAbsent: false) }
    }

    /// Whether it is there. Whoever may write it may write the program that it came with, so nothing is
    /// asked of its owner.
    mutating func readInstalled(_ path: String) -> Bool {
        let before = (files.count, problems.isEmpty)
        read(
            path, at: currentDirectory, mayBeAbsent: true, resolve: .noSymlinks, isTrusted: true)
        if files.count == before.0 { return before.1 != problems.isEmpty }
        files[before.0] = SourceFile(name: SourceFile.installedName, bytes: files[before.0].bytes)
        return true
    }

    mutating func read(
        _ name: String, at directory: CInt, mayBeAbsent: Bool,
        resolve: ResolveFlags = [.beneath, .noSymlinks], isTrusted: Bool = false
    ) {
        do throws(SystemCallError) {
            // A fifo makes nobody wait, and a link leads nowhere else.
            let file = try open(
                name, at: directory, [.nonBlocking, .noControllingTerminal], resolve: resolve)
            let status = try file.status()
            guard status.kind == .regular else {
                problems.add(Problem(Position(file: name), "is not a regular file"))
                return
            }
            if !isTrusted { check(status, name, "file") }
            // One more than is taken, so that what is too long is seen to be.
            var bytes: [UInt8] = []
            while bytes.count <= SourceFile.bytesMax {
                let piece = try file.read(upTo: SourceFile.bytesMax + 1 - bytes.count)
                if piece.isEmpty { break }
                bytes += piece
            }
            total += bytes.count
            if total > SourceFile.totalMax {
                problems.add(
                    Problem(
                        Position(file: name),
                        "with it the files are larger than \(Bytes(UInt64(SourceFile.totalMax)))"))
                return
            }
            files.append(SourceFile(name: name, bytes: bytes))
        } catch {
            if mayBeAbsent, error.errno == .ENOENT { return }
            if error.errno == .ELOOP {
                problems.add(
                    Problem(
                        Position(file: name), "is a symbolic link",
                        hint: "put the file itself there"))
                return
            }
            refuse(name, error)
        }
    }

    func finished() throws(ConfigurationError) -> [SourceFile] {
        if problems.isEmpty { return files }
        throw problems.error()
    }
}
