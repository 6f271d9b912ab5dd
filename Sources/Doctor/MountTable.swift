internal import Plan

/// What is mounted where: /proc/self/mountinfo, proc_pid_mountinfo(5).
struct MountTable {
    struct Entry: Hashable {
        let point: String
        let type: String
        let source: String
        /// Of the file system, not of the mount.
        let options: [String]
    }

    let entries: [Entry]

    /// Lines that make no sense are passed over: the kernel adds fields, and takes none away.
    init(parsing text: String) {
        entries = text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: false)
            // A lone hyphen ends the optional fields, of which there may be none.
            guard fields.count > 6, let hyphen = fields[6...].firstIndex(of: "-"),
                fields.count > hyphen + 3
            else { return nil }
            return Entry(
                point: unescapedMountinfo(fields[4].utf8), type: String(fields[hyphen + 1]),
                source: unescapedMountinfo(fields[hyphen + 2].utf8),
                options: fields[hyphen + 3].split(separator: ",").map(String.init))
        }
    }

    /// The mount that shows what is at `path`: of those that it lies below, the deepest, and of two
    /// at the same place the later, which covers the other.
    func entry(holding path: String) -> Entry? {
        var best: Entry?
        for entry in entries
        where entry.point == "/" || path == entry.point
            || path.utf8.starts(with: (entry.point + "/").utf8)
        {
            if entry.point.utf8.count >= best?.point.utf8.count ?? 0 { best = entry }
        }
        return best
    }
}
