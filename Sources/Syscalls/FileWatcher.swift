internal import CLinux

/// Tells of files that somebody writes: inotify(7). Its descriptor is readable when there is news.
public struct FileWatcher: ~Copyable, Sendable {
    public let descriptor: FileDescriptor

    /// What is told of one file has this number.
    public typealias Watch = Int32

    public init() throws(SystemCallError) {
        descriptor = FileDescriptor(
            owning: CInt(try checked("inotify_init1", on: "") { bh_inotify() }))
    }

    /// From now on tells of writes to the file at `path`, until it is removed. The corresponding call is
    /// inotify_add_watch(2).
    public func add(_ path: String) throws(SystemCallError) -> Watch {
        let number = descriptor.number
        return Watch(
            truncatingIfNeeded: try checked("inotify_add_watch", on: path) {
                bh_inotify_add(number, path)
            })
    }

    /// One of a file that is gone is so already. The corresponding call is inotify_rm_watch(2).
    public func remove(_ watch: Watch) {
        _ = bh_inotify_remove(descriptor.number, watch)
    }

    /// What there is news of, some of it; empty: nothing more. `isLost`: there was more than the kernel
    /// keeps, so that any file may have been written.
    public func news() throws(SystemCallError) -> (watches: [Watch], isLost: Bool) {
        let number = descriptor.number
        var lost: Int32 = 0
        var watches = [Watch](repeating: 0, count: Self.atOnce)
        do throws(SystemCallError) {
            let count = try checked("read", on: "inotify") {
                watches.withUnsafeMutableBufferPointer { room in
                    unsafe bh_inotify_read(number, room.baseAddress, room.count, &lost)
                }
            }
            watches.removeLast(Self.atOnce - Int(count))
        } catch {
            guard error.errno == .EAGAIN else { throw error }
            watches = []
        }
        return (watches, lost != 0)
    }

    /// As many as the shim has room for.
    private static let atOnce = 64
}
