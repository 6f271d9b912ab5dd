public import Syscalls

/// What takes most of a tree: single files, and directories by what is right in them.
public struct LargestFiles {
    public struct Found: Hashable, Sendable {
        public let path: TreePath
        public let kind: FileStatus.Kind
        /// On the disk.
        public let bytes: UInt64
        /// Right in a directory.
        public let entries: Int
    }

    /// Directories first, each the largest first.
    public var all: [Found] { directories + files }

    public private(set) var directories: [Found] = []
    /// Directories with the most entries.
    public private(set) var fullest: [Found] = []
    private var files: [Found] = []
    private var left = Self.filesMax
    private var counted: Set<UInt64> = []

    private static let namedMax = 5
    /// So many files are looked at: seconds, on a slow disk. What is found then is told.
    private static let filesMax = 500_000

    public init(below path: String) throws(SystemCallError) {
        visit(try TreeDirectory(opening: path), TreePath())
    }

    // Of a project that runs: what is gone, or cannot be read, is left out.
    private mutating func visit(_ directory: TreeDirectory, _ path: TreePath) {
        guard path.names.count < TreeLimits.depth,
            let names = try? directory.someNames(atMost: max(0, left))
        else { return }
        var sum: UInt64 = 0
        for name in names {
            if left == 0 { break }
            left -= 1
            guard let status = try? directory.status(name) else { continue }
            if status.kind == .directory {
                sum += status.allocated
                if let below = try? directory.enter(name) { visit(below, path.appending(name)) }
                continue
            }
            // A file with several names takes its blocks once.
            if status.links > 1 && !counted.insert(status.inode).inserted { continue }
            sum += status.allocated
            Self.note(
                Found(
                    path: path.appending(name), kind: status.kind, bytes: status.allocated,
                    entries: 0), in: &files, by: \.bytes)
        }
        let found = Found(path: path, kind: .directory, bytes: sum, entries: names.count)
        Self.note(found, in: &directories, by: \.bytes)
        Self.note(found, in: &fullest, by: \.entries)
    }

    private static func note<Size: BinaryInteger>(
        _ found: Found, in list: inout [Found], by size: KeyPath<Found, Size>
    ) {
        let isSmall =
            list.count == namedMax && list[namedMax - 1][keyPath: size] >= found[keyPath: size]
        if found[keyPath: size] == 0 || isSmall { return }
        list.append(found)
        list.sort { $0[keyPath: size] > $1[keyPath: size] }
        if list.count > namedMax { list.removeLast() }
    }
}
