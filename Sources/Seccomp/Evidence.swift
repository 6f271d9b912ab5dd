internal import Syscalls

/// What a compiled filter depends on: that a file is as it was, or that there still is none.
enum Evidence: Hashable {
    case absent(String)
    case file(String, Fingerprint)
    /// A file that changed while it was read: nothing can be said of it later.
    case changing

    /// Nothing has changed since.
    var holds: Bool {
        switch self {
        case .absent(let path):
            do throws(SystemCallError) {
                _ = try FileStatus(path: path)
                return false
            } catch {
                return error.errno == .ENOENT || error.errno == .ENOTDIR
            }
        case .file(let path, let fingerprint):
            // What cannot be looked at has changed.
            guard let now = try? FileStatus(path: path) else { return false }
            return Fingerprint(now) == fingerprint
        case .changing: return false
        }
    }
}

/// Changes whenever a file's content does, or another file takes its place: statx(2).
struct Fingerprint: Hashable {
    var device: UInt64
    var inode: UInt64
    var size: UInt64
    /// Nanoseconds since the epoch. The time of change (ctime) cannot be set back by utimensat(2).
    var modified: Int64
    var changed: Int64
}

extension Fingerprint {
    init(_ status: FileStatus) {
        self.init(
            device: status.device, inode: status.inode, size: status.size,
            modified: status.modified, changed: status.changed)
    }
}
