internal import Syscalls
internal import Trees

/// Looks through everything that is to be committed before anything is: for what was changed below since
/// it was changed above, and for what cannot be committed at all.
///
/// A file of the upper layer was made when it was first written or copied up (statx(2), `stx_btime`), or
/// later: what changed below after that was not known to whoever wrote above. ctime cannot be set by
/// anybody, so nothing is overlooked while the machine's clock goes forward; a change below and one above in the same tick of the
/// clock, and one that only made another name for the file below, count as conflicts.
struct ConflictSearch {
    private(set) var found: [TreePath] = []
    private(set) var count = 0
    private var selection: Selection
    private let isForced: Bool

    init(_ selection: Selection, isForced: Bool) {
        self.selection = selection
        self.isForced = isForced
    }

    /// - Throws: what makes the commit impossible, the conflicts last.
    mutating func run(
        _ walk: inout LayerWalk, _ upper: TreeDirectory, _ lower: TreeDirectory
    ) throws(OverlayError) {
        var search = self
        var other = walk
        try walk.walk(upper, above: lower) { entry, upper, lower throws(OverlayError) in
            try search.visit(entry, upper, lower, &other)
        }
        self = search
        if let path = selection.untouched.min() { throw .unchanged(path: path) }
        if count > 0 { throw .conflicts(found, count: count) }
    }

    private mutating func visit(
        _ entry: OverlayEntry, _ upper: TreeDirectory, _ lower: TreeDirectory?,
        _ walk: inout LayerWalk
    ) throws(OverlayError) -> Bool {
        switch selection.relation(of: entry.path) {
        case .outside: return false
        case .leadsTo:
            guard case .directory(_, let isOpaque) = entry.meaning,
                entry.lower == nil || (entry.lower?.kind == .directory && !isOpaque)
            else {
                throw .insideWhole(
                    path: selection.wanted(below: entry.path), whole: entry.path)
            }
            // It is made where it is not there: nothing else of it is changed.
            if entry.lower != nil { return true }
        case .within:
            if entry.upper.kind.isDevice && !entry.isRemoval { throw .device(path: entry.path) }
        }
        guard try Comparison.change(entry, in: upper, above: lower) != nil else { return true }
        selection.touch(entry.path)
        if isForced { return true }
        if try Self.isConflict(entry, upper, lower, &walk) {
            count += 1
            if found.count < TreeLimits.conflicts { found.append(entry.path) }
        }
        return true
    }

    static func isConflict(
        _ entry: OverlayEntry, _ upper: TreeDirectory, _ lower: TreeDirectory?,
        _ walk: inout LayerWalk
    ) throws(OverlayError) -> Bool {
        guard let below = entry.lower, let lower else {
            // A copy of what is not below any more, unless it was only moved above.
            guard entry.isCopiedUp else { return false }
            guard let lower else { return true }
            let parent = try at(entry.path) { () throws(SystemCallError) in try lower.status() }
            return entry.madeAt.map { parent.changed >= $0 } ?? true
        }
        let isNewer: Bool
        if let madeAt = entry.madeAt {
            if below.kind == .directory && entry.upper.kind == .directory && !entry.isRemoval {
                // Of a directory that is merged only its own attributes count.
                isNewer = below.changed >= madeAt
            } else {
                isNewer = try walk.hasChanged(
                    below, entry.name, in: lower, entry.path, since: madeAt)
            }
        } else {
            isNewer = true
        }
        // A commit that was cut off has done this one already.
        if !isNewer { return false }
        return try !Comparison.isDone(entry, in: upper, above: lower)
    }
}

extension FileStatus.Kind {
    var isDevice: Bool { self == .blockDevice || self == .characterDevice }
}
