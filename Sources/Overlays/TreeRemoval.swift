public import Syscalls

/// Takes away whole trees, however deep and wide, with few descriptors and little memory.
public struct TreeRemoval {
    private let pause: () throws(OverlayError) -> Void
    private var moved: UInt64 = 0

    /// Directories that are open at once; what is deeper is moved up first.
    private static let depth = 48
    private static let namesAtOnce = 4_096

    public init(pause: @escaping () throws(OverlayError) -> Void = {}) { self.pause = pause }

    /// Removes what is there under this name, if anything is.
    public mutating func remove(
        _ name: FileName, in directory: TreeDirectory
    ) throws(OverlayError) {
        let path = TreePath([name])
        do throws(SystemCallError) { try directory.remove(name, isDirectory: false) } catch
            where error.errno == .EISDIR || error.errno == .EPERM
        {
            let top = try at(path) { () throws(SystemCallError) in try directory.enter(name) }
            try empty(top, path, depth: 0, top: top)
            try at(path) { () throws(SystemCallError) in
                try directory.remove(name, isDirectory: true)
            }
        } catch { throw .system(path: path, error) }
    }

    private mutating func empty(
        _ directory: TreeDirectory, _ path: TreePath, depth: Int, top: TreeDirectory
    ) throws(OverlayError) {
        while true {
            let names = try at(path) { () throws(SystemCallError) in
                try directory.someNames(atMost: Self.namesAtOnce)
            }
            if names.isEmpty { return }
            for name in names {
                try pause()
                do throws(SystemCallError) { try directory.remove(name, isDirectory: false) } catch
                    where error.errno == .EISDIR || error.errno == .EPERM
                {
                    try removeDirectory(name, in: directory, path, depth: depth, top: top)
                } catch { throw .system(path: path, error) }
            }
        }
    }

    private mutating func removeDirectory(
        _ name: FileName, in directory: TreeDirectory, _ path: TreePath, depth: Int,
        top: TreeDirectory
    ) throws(OverlayError) {
        let child = try at(path) { () throws(SystemCallError) in try directory.enter(name) }
        if depth < Self.depth {
            try empty(child, path, depth: depth + 1, top: top)
            return try at(path) { () throws(SystemCallError) in
                try directory.remove(name, isDirectory: true)
            }
        }
        // Whoever made it deep does not make us deep: it goes to the top, which is listed again.
        moved += 1
        guard let place = FileName(Array("~\(moved)".utf8)) else { return }
        do throws(SystemCallError) {
            try directory.rename(name, to: place, in: top, .new)
        } catch  where error.errno == .EEXIST {
            return  // The next number, when it is listed again.
        } catch { throw .system(path: path, error) }
    }
}
