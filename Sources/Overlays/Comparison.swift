internal import Syscalls
internal import Trees

/// What two files are to each other.
enum Comparison {
    /// What the entry does to what is below; nil: nothing.
    static func change(
        _ entry: OverlayEntry, in upper: TreeDirectory, above lower: TreeDirectory?
    ) throws(OverlayError) -> FileChange.What? {
        guard let below = entry.lower, let lower else { return entry.isRemoval ? nil : .added }
        if entry.isRemoval { return .removed }
        if below.kind != entry.upper.kind { return .replaced }
        if try hasOtherContent(entry, in: upper, above: lower) { return .changed }
        return try hasSameAttributes(entry, in: upper, above: lower) ? nil : .attributes
    }

    /// Whether what is there would be the same with the change as without.
    static func isDone(
        _ entry: OverlayEntry, in upper: TreeDirectory, above lower: TreeDirectory?
    ) throws(OverlayError) -> Bool {
        guard let below = entry.lower, let lower else { return entry.isRemoval }
        if entry.isRemoval || below.kind != entry.upper.kind { return false }
        if entry.upper.kind == .regular {
            if below.size != entry.upper.size { return false }
            if try !hasSameBytes(entry, in: upper, above: lower) { return false }
        } else if try hasOtherContent(entry, in: upper, above: lower) {
            return false
        }
        return try hasSameAttributes(entry, in: upper, above: lower)
    }

    private static func hasOtherContent(
        _ entry: OverlayEntry, in upper: TreeDirectory, above lower: TreeDirectory
    ) throws(OverlayError) -> Bool {
        guard let below = entry.lower else { return true }
        switch entry.upper.kind {
        case .regular:
            if below.size != entry.upper.size || below.modified != entry.upper.modified {
                return true
            }
            // Whoever changes a file may set its time back.
            return try !hasSameBytes(entry, in: upper, above: lower)
        case .symbolicLink:
            return try at(entry.path) { () throws(SystemCallError) in
                let target = try upper.target(ofLink: entry.name)
                return try lower.target(ofLink: entry.name) != target
            }
        case .characterDevice, .blockDevice:
            return below.nodeMajor != entry.upper.nodeMajor
                || below.nodeMinor != entry.upper.nodeMinor
        case .directory, .fifo, .socket, .unknown: return false
        }
    }

    private static func hasSameBytes(
        _ entry: OverlayEntry, in upper: TreeDirectory, above lower: TreeDirectory
    ) throws(OverlayError) -> Bool {
        try at(entry.path) { () throws(SystemCallError) in
            let one = try upper.open(entry.name)
            let other = try lower.open(entry.name)
            var ones = [UInt8](repeating: 0, count: 1 << 18)
            var others = ones
            var position: Int64 = 0
            while true {
                let count = try one.read(into: &ones, at: position)
                let same = try other.read(into: &others, at: position)
                if count != same || ones[..<count] != others[..<count] { return false }
                if count == 0 { return true }
                position += Int64(count)
            }
        }
    }

    /// Owner, permissions and extended attributes.
    static func hasSameAttributes(
        _ entry: OverlayEntry, in upper: TreeDirectory, above lower: TreeDirectory
    ) throws(OverlayError) -> Bool {
        guard let below = entry.lower else { return false }
        if below.user != entry.upper.user || below.group != entry.upper.group { return false }
        switch entry.upper.kind {
        case .regular, .directory:
            if below.permissions != entry.upper.permissions { return false }
            return try at(entry.path) { () throws(SystemCallError) in
                let wanted = try Attributes(of: try upper.open(entry.name))
                return try Attributes(of: try lower.open(entry.name)) == wanted
            }
        case .symbolicLink: return true
        case .characterDevice, .blockDevice, .fifo, .socket, .unknown:
            return below.permissions == entry.upper.permissions
        }
    }
}

/// The extended attributes of a file that are a project's own: xattr(7).
struct Attributes: Equatable {
    private var values: [String: [UInt8]] = [:]

    /// What travels: a user's own, access lists, and what a program may do more. What a security module
    /// or an overlay has written belongs to the place and not to the file.
    static func travels(_ name: String) -> Bool {
        name.hasPrefix("user.") || name.hasPrefix("system.posix_acl_")
            || name == "security.capability"
    }

    init(
        of file: borrowing FileDescriptor, where isWanted: (String) -> Bool = travels
    ) throws(SystemCallError) {
        var room = TreeLimits.attributeBytes
        for name in try file.attributeNames() where isWanted(name) {
            guard let value = try file.attribute(name) else { continue }
            room -= name.utf8.count + value.count
            if room < 0 { throw SystemCallError("fgetxattr", on: name, .EFBIG) }
            values[name] = value
        }
    }

    /// Gives a file these and takes all others that travel.
    func write(to file: borrowing FileDescriptor) throws(SystemCallError) {
        for name in try file.attributeNames() where Self.travels(name) && values[name] == nil {
            try file.removeAttribute(name)
        }
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            try file.setAttribute(name, value)
        }
    }
}
