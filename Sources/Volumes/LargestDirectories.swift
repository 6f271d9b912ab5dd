internal import Plan
internal import Syscalls

/// Where most of a tree is: directories by what is right in them, the largest first.
enum LargestDirectories {
    /// So many are named.
    private static let namedMax = 3
    /// So many files are looked at: seconds, on a slow disk.
    private static let entriesMax = 200_000

    private struct Walk {
        var entriesLeft = entriesMax
        var found: [(path: String, bytes: UInt64)] = []

        mutating func note(_ path: String, _ bytes: UInt64) {
            if bytes == 0 { return }
            found.append((path, bytes))
            found.sort { $0.bytes > $1.bytes }
            if found.count > namedMax { found.removeLast() }
        }

        mutating func visit(_ directory: borrowing Directory, _ path: String, depth: Int) {
            // Where it cannot be read, what was found is told.
            guard depth <= ProjectTree.depthMax, let entries = try? directory.entries() else {
                return
            }
            var bytes: UInt64 = 0
            for entry in entries {
                if entriesLeft == 0 { break }
                entriesLeft -= 1
                guard let file = try? directory.openEntry(entry, [.path, .noFollow]),
                    let status = try? file.status()
                else { continue }
                if status.kind == .directory {
                    guard let below = try? directory.openEntry(entry, .directory) else { continue }
                    visit(Directory(below), "\(path)/\(entry.name)", depth: depth + 1)
                } else {
                    bytes += (try? file.allocatedBytes()) ?? 0
                }
            }
            note(path, bytes)
        }
    }

    /// `'/srv/shop/cache' (1.2G)`, at most three.
    static func below(_ path: String) -> [String] {
        guard let root = try? Directory(opening: path, resolve: .noSymlinks) else { return [] }
        var walk = Walk()
        walk.visit(root, path, depth: 0)
        return walk.found.map { "\(quoted($0.path)) (\(Bytes($0.bytes)))" }
    }
}
