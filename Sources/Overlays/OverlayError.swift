public import Plan
public import Syscalls
public import Trees

/// Why the changes of a project, or a copy of its storage, cannot be worked on.
public enum OverlayError: Error, Hashable, Sendable {
    case system(path: TreePath, SystemCallError)
    /// Names of attributes and marks that this version does not know.
    case unknownMark(path: TreePath, mark: String)
    case tooDeep(path: TreePath)
    case tooMany(path: TreePath)
    /// More bytes than a bound allows.
    case tooLarge(bytes: UInt64)
    /// Changed below since it was changed above; the first few, in order.
    case conflicts([TreePath], count: Int)
    /// A path that was asked for and at which nothing has changed.
    case unchanged(path: TreePath)
    /// A path below what was removed or replaced as a whole.
    case insideWhole(path: TreePath, whole: TreePath)
    /// What no project may bring into its directory.
    case device(path: TreePath)
    /// Something is where nothing is expected, in the place where storage is kept.
    case occupied(path: TreePath)
    /// Whoever asked for it is gone.
    case abandoned
}

extension OverlayError: Diagnosable {
    public var message: String {
        switch self {
        case .system(let path, let error): "\(path): \(error.call): \(error.errno)"
        case .unknownMark(let path, let mark):
            "\(path) has the mark \(quoted(mark)), which bulkhead does not know"
        case .tooDeep(let path): "\(path) is deeper than \(TreeLimits.depth) directories"
        case .tooMany(let path): "\(path) has more files than can be worked on"
        case .tooLarge(let bytes): "it is larger than \(Bytes(bytes))"
        case .conflicts(let paths, let count):
            "nothing is committed: changed below as well: " + Self.list(paths, count)
        case .unchanged(let path): "nothing has changed at \(path)"
        case .insideWhole(let path, let whole):
            "\(path) cannot be taken alone: \(whole) was removed or replaced as a whole"
        case .device(let path): "\(path) is a device, and those are not committed"
        case .occupied(let path): "\(path) is there already"
        case .abandoned: "given up: nobody waits for it any more"
        }
    }

    public var hint: String? {
        switch self {
        case .system(_, let error):
            switch error.errno {
            case .ENOSPC, .EDQUOT: "make room there, then do it again: it goes on where it was"
            case .EXDEV:
                "another file system is mounted there; unmount it, or leave the path out"
            default: nil
            }
        case .unknownMark: "was the volume mounted by something else? bulkhead discard starts anew"
        case .tooDeep, .tooMany, .tooLarge: nil
        case .conflicts:
            "compare them; then bulkhead discard PROJECT PATH keeps what is below, "
                + "bulkhead commit --force what is above"
        case .unchanged: "see what has: bulkhead diff PROJECT"
        case .insideWhole(_, let whole): "name \(whole)"
        case .device: "remove it inside, or name the paths to commit"
        case .occupied: "look at it, and move it away"
        case .abandoned: "do it again"
        }
    }

    private static func list(_ paths: [TreePath], _ count: Int) -> String {
        // As many as fit a line; all that are held go along in the reply.
        let shown = 5
        var text = ""
        for path in paths.prefix(shown) { text += (text.isEmpty ? "" : ", ") + path.description }
        return count > shown ? text + " and \(count - shown) more" : text
    }
}

/// Does `body` about something at `path`.
func at<Result: ~Copyable>(
    _ path: @autoclosure () -> TreePath, _ body: () throws(SystemCallError) -> Result
) throws(OverlayError) -> Result {
    do throws(SystemCallError) { return try body() } catch {
        throw .system(path: path(), error)
    }
}
