public import Audit
internal import Plan
public import Syscalls

/// A field that an entry must have with this value. Of one field the values are alternatives, and
/// different fields must all fit.
public struct AuditMatch: Hashable, Sendable {
    public let field: String
    public let value: String

    public init(_ field: String, _ value: String) {
        self.field = field
        self.value = value
    }

    /// What bulkheadd writes, and whoever says that it is bulkheadd.
    public static let supervisor = AuditMatch(AuditField.identifier, "bulkheadd")
}

/// Which entries of a source are wanted.
public struct AuditSelection: Hashable, Sendable {
    public var matches: [AuditMatch] = []
    /// Whatever is a record of a chain or says that it is one; only then `matches` may be empty and yet
    /// not everything is read.
    public var isOfRecords = false
    /// Not older than this: microseconds since the epoch, as journald received them.
    public var since: UInt64?
    /// What is older than `since` and has one of these is wanted too, and comes before the rest. Empty:
    /// none.
    public var earlier: [AuditMatch] = []
    /// Only the last so many, of those that match.
    public var last: Int?

    public init(
        matches: [AuditMatch] = [], isOfRecords: Bool = false, since: UInt64? = nil,
        earlier: [AuditMatch] = [], last: Int? = nil
    ) {
        self.matches = matches
        self.isOfRecords = isOfRecords
        self.since = since
        self.earlier = earlier
        self.last = last
    }
}

/// What gives entries one after the other.
protocol EntryReader: AnyObject {
    /// Fills in the next one; false at the end.
    func next(into entry: EntryFields) throws(AuditReadingError) -> Bool
}

/// A trail to read: this machine's journal, journal files, or exports of them.
public final class AuditSource {
    private var readers: [any EntryReader]
    private let selection: AuditSelection
    private let entry = EntryFields()
    /// Of exports: the last ones, which can only be told when all are read.
    private var kept: [JournalEntry]?
    private let path: String?
    private var number: UInt64 = 0
    /// Of the exports, an entry was not older than `since`. What follows stands later, also in the next one,
    /// whatever its time: clocks are set back too.
    private var hasBegun = false

    /// - Parameters:
    ///   - paths: journal files, directories of them, exports, or `-` for an export on standard
    ///     input; none: this machine's journal. They are read in this order, journal files as one journal
    ///     where the first of them is.
    public init(
        _ paths: [String] = [], _ selection: AuditSelection = AuditSelection()
    ) throws(AuditReadingError) {
        self.selection = selection
        path = paths.first
        // Exports, and between them the journals.
        var order: [ExportReader?] = paths.isEmpty ? [nil] : []
        var places: [JournalPlace] = paths.isEmpty ? [.machine] : []
        var files: [String] = []
        for path in paths {
            switch try Self.kind(of: path) {
            case .directory:
                order.append(nil)
                places.append(.directory(path))
            case .journal:
                if files.isEmpty {
                    order.append(nil)
                    places.append(.files)
                }
                files.append(path)
            case .export(let number, let first):
                let file = FileDescriptor(owning: number)
                order.append(ExportReader(file, path: path, first: first))
            }
        }
        func journals() throws(AuditReadingError) -> [JournalFiles] {
            var journals: [JournalFiles] = []
            for place in places {
                switch place {
                case .machine: journals.append(try JournalFiles())
                case .directory(let path): journals.append(try JournalFiles(directory: path))
                case .files: journals.append(try JournalFiles(files: files))
                }
            }
            return journals
        }
        var before: [JournalFiles] = []
        if let since = selection.since, !selection.earlier.isEmpty {
            before = try journals()
            for journal in before {
                try journal.select(selection.earlier)
                journal.end = since
            }
        }
        var wanted = try journals()
        for journal in wanted {
            if selection.isOfRecords { try journal.selectRecords() }
            try journal.select(selection.matches)
            if let last = selection.last {
                try journal.seekLast(last, since: selection.since)
            } else if let since = selection.since {
                try journal.seek(to: since)
            }
        }
        readers = before
        for export in order { readers.append(export ?? wanted.removeFirst()) }
    }

    /// The next entry, in the memory that the next call uses again; nil at the end for now. After an
    /// error there is no more.
    public func nextFields() throws(AuditReadingError) -> EntryFields? {
        while let reader = readers.first {
            do throws(AuditReadingError) {
                while try reader.next(into: entry) {
                    if reader is ExportReader && !isWanted(entry) { continue }
                    number += 1
                    entry.number = number
                    return entry
                }
            } catch {
                readers = []
                throw error
            }
            // The last journal may get more.
            if readers.count == 1 && reader is JournalFiles { return nil }
            readers.removeFirst()
        }
        return nil
    }

    /// The next entry; nil at the end for now.
    public func next() throws(AuditReadingError) -> JournalEntry? {
        if let last = selection.last, readers.contains(where: { $0 is ExportReader }) {
            try keepLast(last)
        }
        if kept?.isEmpty == false { return kept?.removeFirst() }
        return try nextFields().map { JournalEntry($0) }
    }

    private func keepLast(_ count: Int) throws(AuditReadingError) {
        var ring: [JournalEntry] = []
        while let fields = try nextFields() {
            ring.append(JournalEntry(fields))
            // Not one by one: that would move all of them for each.
            if ring.count > 2 * max(count, 1) { ring.removeFirst(ring.count - count) }
        }
        kept = ring.suffix(count)
    }

    /// Whether waiting makes sense: a journal gets more entries, an export has its end.
    public var canFollow: Bool { readers.count == 1 && readers[0] is JournalFiles }

    /// Waits until there may be more.
    ///
    /// - Parameter other: whatever else ends the waiting, as when nobody reads what is written.
    /// - Returns: what happened to `other`.
    @discardableResult
    public func wait(
        or other: PollEntry? = nil
    ) throws(AuditReadingError) -> PollEntry.Events {
        guard let journal = readers.first as? JournalFiles else { return [] }
        let (entry, timeout) = try journal.awaited()
        var entries = [entry] + (other.map { [$0] } ?? [])
        do throws(SystemCallError) {
            try poll(&entries, timeoutMilliseconds: timeout)
        } catch { throw .system(error) }
        try journal.process()
        return entries.count > 1 ? entries[1].occurred : []
    }

    /// What a journal sorts out by its index has to be looked at in an export.
    private func isWanted(_ entry: EntryFields) -> Bool {
        if let since = selection.since, !hasBegun {
            if entry.realtime < since {
                return !selection.earlier.isEmpty && fits(entry, selection.earlier)
            }
            hasBegun = true
        }
        return fits(entry, selection.matches)
    }

    private func fits(_ entry: EntryFields, _ matches: [AuditMatch]) -> Bool {
        var fields: Set<String> = []
        for match in matches { fields.insert(match.field) }
        return fields.allSatisfy { field in
            matches.contains { match in
                match.field == field
                    && entry.places.contains { place in
                        entry.bytes[place.name].elementsEqual(match.field.utf8)
                            && entry.bytes[place.value].elementsEqual(match.value.utf8)
                    }
            }
        }
    }

    private enum JournalPlace {
        case machine
        case directory(String)
        /// All that were given.
        case files
    }

    private enum Kind {
        case directory
        case journal
        /// A descriptor, and what has been read from it: a pipe cannot be read once more.
        case export(CInt, first: [UInt8])
    }

    private static func kind(of path: String) throws(AuditReadingError) -> Kind {
        do throws(SystemCallError) {
            if path == "-" {
                return .export(try FileDescriptor(duplicating: 0).release(), first: [])
            }
            let file = try open(path)
            let first: [UInt8]
            do throws(SystemCallError) { first = try file.read(upTo: 8) } catch {
                if error.errno == .EISDIR { return .directory }
                throw error
            }
            if first == Array("LPKSHHRH".utf8) { return .journal }
            return .export(file.release(), first: first)
        } catch {
            if error.errno == .EACCES || error.errno == .EPERM { throw .notAllowed(path) }
            throw .system(error)
        }
    }
}
