internal import Plan
internal import Syscalls

/// Deletes trees, crossing no file system and following no link.
enum TreeRemoval {
    /// - Parameter keeps: names at the top that stay.
    static func empty(
        _ directory: borrowing Directory, path: String, keeps: (String) -> Bool
    ) throws(VolumeError) {
        try empty(directory, path: path, keeps: keeps, depth: 0)
    }

    private static func empty(
        _ directory: borrowing Directory, path: String, keeps: (String) -> Bool, depth: Int
    ) throws(VolumeError) {
        if depth > ProjectTree.depthMax {
            throw .failed(SystemCallError("openat2", on: path, .ENAMETOOLONG))
        }
        let entries = try trying { () throws(SystemCallError) in try directory.entries() }
        for entry in entries where !keeps(entry.name) {
            do throws(SystemCallError) {
                try directory.remove(entry, isDirectory: false)
                continue
            } catch {
                switch error.errno {
                case .EISDIR: break
                case .ENOENT: continue
                default: throw .failed(error)
                }
            }
            let place = "\(path)/\(entry.name)"
            let below = try trying { () throws(SystemCallError) in
                Directory(try directory.openEntry(entry, .directory))
            }
            try empty(below, path: place, keeps: { _ in false }, depth: depth + 1)
            try trying { () throws(SystemCallError) in
                try directory.remove(entry, isDirectory: true)
            }
        }
    }
}
