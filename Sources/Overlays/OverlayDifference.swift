internal import Syscalls
internal import Trees

/// What a project's writes make different from its directory.
///
/// It may be asked while the project runs: what changes meanwhile is told as it was or as it is.
public struct OverlayDifference {
    private let upper: TreeDirectory
    private let lower: TreeDirectory

    /// - Parameters:
    ///   - upper: where the writes are.
    ///   - lower: the project's directory.
    public init(upper: String, lower: String) throws(OverlayError) {
        self.upper = try at(TreePath()) { () throws(SystemCallError) in
            try TreeDirectory(opening: upper)
        }
        self.lower = try at(TreePath()) { () throws(SystemCallError) in
            try TreeDirectory(opening: lower)
        }
    }

    /// Tells each difference, parents before what is in them, names in order. The directory's own owner and
    /// permissions are no part of it.
    public func tell(_ hear: (FileChange) throws(OverlayError) -> Void) throws(OverlayError) {
        var walk = LayerWalk(try Layers(upper: upper)) {}
        try walk.walk(upper, above: lower) { entry, upper, lower throws(OverlayError) in
            do throws(OverlayError) {
                guard let what = try Comparison.change(entry, in: upper, above: lower) else {
                    return true
                }
                let shown = entry.isRemoval ? entry.lower ?? entry.upper : entry.upper
                try hear(
                    FileChange(
                        path: entry.path, what: what, kind: shown.kind,
                        bytes: shown.kind == .regular ? shown.size : 0))
                return true
            } catch {
                // Gone since it was listed: of a project that runs.
                if case .system(_, let error) = error, error.errno == .ENOENT { return false }
                throw error
            }
        }
    }
}
