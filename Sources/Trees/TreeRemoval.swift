public import Syscalls

/// Takes away whole trees, however deep and wide, with few descriptors and little memory. It crosses no
/// file system and follows no link.
public struct TreeRemoval<Failure: Error> {
    private let failing: (TreePath, SystemCallError) -> Failure
    private let pause: () throws(Failure) -> Void
    private var moved: UInt64 = 0

    // Directories that are open at once; what is deeper is moved up first.
    private var depth: Int { 48 }
    private var namesAtOnce: Int { 4_096 }

    /// - Parameters:
    ///   - failing: makes an error of one of the kernel.
    ///   - pause: called before every name: whoever wants it to end throws.
    public init(
        failing: @escaping (TreePath, SystemCallError) -> Failure,
        pause: @escaping () throws(Failure) -> Void = {}
    ) {
        self.failing = failing
        self.pause = pause
    }

    /// Removes what is there under this name, if anything is.
    public mutating func remove(_ name: FileName, in directory: TreeDirectory) throws(Failure) {
        let path = TreePath([name])
        do throws(SystemCallError) { try directory.remove(name, isDirectory: false) } catch
            where error.errno == .EISDIR || error.errno == .EPERM
        {
            let top: TreeDirectory
            do throws(SystemCallError) { top = try directory.enter(name) } catch {
                throw failing(path, error)
            }
            try empty(top, path, depth: 0, top: top)
            do throws(SystemCallError) { try directory.remove(name, isDirectory: true) } catch {
                throw failing(path, error)
            }
        } catch { throw failing(path, error) }
    }

    private mutating func empty(
        _ directory: TreeDirectory, _ path: TreePath, depth: Int, top: TreeDirectory
    ) throws(Failure) {
        while true {
            let names: [FileName]
            do throws(SystemCallError) {
                names = try directory.someNames(atMost: namesAtOnce)
            } catch {
                throw failing(path, error)
            }
            if names.isEmpty { return }
            for name in names {
                try pause()
                do throws(SystemCallError) { try directory.remove(name, isDirectory: false) } catch
                    where error.errno == .EISDIR || error.errno == .EPERM
                {
                    try removeDirectory(name, in: directory, path, depth: depth, top: top)
                } catch { throw failing(path, error) }
            }
        }
    }

    private mutating func removeDirectory(
        _ name: FileName, in directory: TreeDirectory, _ path: TreePath, depth: Int,
        top: TreeDirectory
    ) throws(Failure) {
        let child: TreeDirectory
        do throws(SystemCallError) { child = try directory.enter(name) } catch {
            throw failing(path, error)
        }
        if depth < self.depth {
            try empty(child, path, depth: depth + 1, top: top)
            do throws(SystemCallError) { try directory.remove(name, isDirectory: true) } catch {
                throw failing(path, error)
            }
            return
        }
        // Whoever made it deep does not make us deep: it goes to the top, which is listed again.
        moved += 1
        guard let place = FileName(Array("~\(moved)".utf8)) else { return }
        do throws(SystemCallError) {
            try directory.rename(name, to: place, in: top, .new)
        } catch  where error.errno == .EEXIST {
            return  // The next number, when it is listed again.
        } catch { throw failing(path, error) }
    }
}
