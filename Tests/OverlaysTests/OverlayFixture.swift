import Overlays
import Syscalls
import Testbed
import Trees

/// A project's directory and its volume on a tmpfs of their own, and the overlay of both, which is mounted
/// only while something is changed in it.
final class OverlayFixture {
    let directory = try! TemporaryDirectory()
    var path: String { directory.path }
    var lower: String { path + "/lower" }
    var root: String { path + "/volume" }
    var upper: String { root + "/upper" }

    /// - Parameter below: commands that fill the project's directory.
    init(_ below: String) throws {
        try mount("tmpfs", at: path, options: "size=64m,mode=755")
        try shell("cd \(path); mkdir lower volume volume/upper volume/work merged")
        try self.below(below)
    }

    deinit { try? unmount(path) }

    /// Changes the project's directory itself.
    func below(_ commands: String) throws {
        try settle()
        try run(commands, in: lower)
        try settle()
    }

    /// Changes it as the project does.
    func inside(_ commands: String) throws {
        try settle()
        try mount(
            "overlay", at: path + "/merged",
            options: "lowerdir=\(lower),upperdir=\(upper),workdir=\(root)/work")
        defer { try? unmount(path + "/merged") }
        try run(commands, in: path + "/merged")
    }

    private struct CommandsFailed: Error { let status: Int32 }

    private func run(_ commands: String, in directory: String) throws {
        let status = try shell("cd \(directory)\n\(commands)")
        if status != 0 { throw CommandsFailed(status: status) }
    }

    /// Until the clock of the file system has ticked: what happens in one tick cannot be told apart.
    private func settle() throws { try shell("sleep 0.015") }

    func differences() throws -> [String] {
        var lines: [String] = []
        try OverlayDifference(upper: upper, lower: lower).tell { change throws(OverlayError) in
            lines.append("\(change.what.rawValue) \(change.kind.word) \(change.path)")
        }
        return lines
    }

    @discardableResult
    func commit(
        _ paths: [String] = [], isForced: Bool = false,
        pause: @escaping () throws(OverlayError) -> Void = {}
    ) throws -> OverlayCommit.Result {
        var commit = try OverlayCommit(
            upper: upper, lower: lower, paths: try paths.map { try TreePath(parsing: $0) },
            isForced: isForced, pause: pause)
        return try commit.run()
    }

    /// What a tree is, in lines that can be compared: without times of directories, and without what a
    /// commit was making.
    func contents(of tree: String) throws -> String {
        try shell(
            """
            cd \(tree)
            find . -mindepth 1 ! -path '*/.bulkhead-commit~*' ! -type d -printf '%p %y %m %U:%G %s %l %T@\\n' | sort > \(path)/list
            find . -mindepth 1 ! -path '*/.bulkhead-commit~*' -type d -printf '%p %y %m %U:%G\\n' | sort >> \(path)/list
            find . ! -path '*/.bulkhead-commit~*' -type f | sort | xargs -r -d '\\n' sha1sum >> \(path)/list
            """)
        return try readFile(path + "/list")
    }

    /// What the project sees.
    func merged() throws -> String {
        try settle()
        try mount(
            "overlay", at: path + "/merged",
            options: "lowerdir=\(lower),upperdir=\(upper),workdir=\(root)/work")
        defer { try? unmount(path + "/merged") }
        return try contents(of: path + "/merged")
    }
}
