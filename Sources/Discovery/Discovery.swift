public import Plan
internal import Syscalls

/// A search for directories that could be projects: what is found below some paths, no deeper and no
/// more than was said.
///
/// A directory that looks like a project is not entered: what is in it is part of it. Symbolic links
/// are not followed, and what is hidden, generated or somebody else's code is passed over.
public struct Discovery: ~Copyable {
    /// A directory that could be a project.
    public struct Find: Hashable, Sendable {
        /// Absolute, without symbolic links.
        public let path: String
        /// What was found in it: `git`, `Cargo.toml`; at least one.
        public let signs: [String]
    }

    /// Directories that could be projects, in the order of their paths.
    public private(set) var finds: [Find] = []
    /// Whether there may be more than what was found: a bound was reached.
    public private(set) var isCut = false
    /// Directories that could not be read.
    public private(set) var unreadable: [String] = []

    private let depthMax: UInt32
    private var looks = 0

    /// More than anybody registers in one go.
    public static let findsMax = 500
    /// Some seconds of looking.
    public static let looksMax = 50_000
    /// A directory with more than this is a store of data.
    static let namesMax = 20_000
    /// Enough to tell that there is something wrong.
    static let unreadableMax = 5

    public init(depthMax: UInt32) { self.depthMax = depthMax }

    /// Looks at the directory `path` and below it; throws where it cannot be read itself.
    public mutating func search(_ path: String) throws(DiscoveryError) {
        do throws(SystemCallError) {
            let directory = try Directory(opening: path)
            let whole = try linkTarget("/proc/self/fd/\(directory.number)")
            look(at: directory, path: whole, depth: 0)
        } catch { throw .unreadable(path: path, error.errno.description) }
    }

    private mutating func look(at directory: borrowing Directory, path: String, depth: UInt32) {
        if looks == Self.looksMax || finds.count == Self.findsMax {
            isCut = true
            return
        }
        looks += 1
        let names: [String]
        do throws(SystemCallError) { names = try directory.names() } catch {
            note(unreadable: path)
            return
        }
        let signs = ProjectSign.found(in: names)
        if !signs.isEmpty {
            if !finds.contains(where: { $0.path == path }) {
                finds.append(Find(path: path, signs: signs))
            }
            return
        }
        if depth == depthMax { return }
        if names.count > Self.namesMax {
            isCut = true
            return
        }
        for name in names.sorted() where ProjectSign.isEntered(name, in: path) {
            let whole = path == "/" ? "/\(name)" : "\(path)/\(name)"
            do throws(SystemCallError) {
                let below = try Directory(
                    opening: name, at: directory.number, resolve: [.beneath, .noSymlinks])
                look(at: below, path: whole, depth: depth + 1)
            } catch {
                // A file or a link: the search is about the others.
                if error.errno == .EACCES { note(unreadable: whole) }
            }
        }
    }

    private mutating func note(unreadable path: String) {
        if unreadable.count < Self.unreadableMax { unreadable.append(path) }
    }
}

public enum DiscoveryError: Diagnosable, Hashable {
    case unreadable(path: String, String)

    public var message: String {
        switch self {
        case .unreadable(let path, let reason): "\(quoted(path)) cannot be searched: \(reason)"
        }
    }
}
