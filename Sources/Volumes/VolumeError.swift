public import Plan
public import Syscalls

/// Why a project's files cannot be held, or not within their limit.
public enum VolumeError: Diagnosable, Hashable {
    /// The way the project is stored cannot enforce a limit; `able` are the ways that can, here.
    case cannotEnforce(project: ProjectName, limit: String, reason: String, able: [String])
    /// Its volume is of another kind than is asked for.
    case otherKind(project: ProjectName, has: VolumeKind, wanted: VolumeKind)
    /// What the ledger knows is not there, or is another.
    case missing(project: ProjectName, place: String, reason: String)
    /// There is one that the ledger does not know.
    case unknown(project: ProjectName, place: String)
    /// The file system in an image is damaged beyond repair. It was moved.
    case torn(project: ProjectName, quarantine: String, reason: String)
    /// The same of one that is in use.
    case damaged(project: ProjectName, reason: String)
    /// A file of the project's directory counts for another project id.
    case counted(path: String, id: UInt32)
    /// Something else is mounted in the project's directory, or where a volume belongs.
    case mounted(path: String, reason: String)
    /// A lower limit than what is used.
    case belowUse(limit: String, wanted: String, used: String, largest: [String])
    /// A limit that this volume cannot have.
    case outOfReach(limit: String, wanted: String, reason: String, hint: String)
    /// A program that makes or checks file systems is not there, or failed.
    case noProgram(String, package: String)
    case program(String, reason: String)
    /// A helper of ours ended without a word, or went on for too long.
    case interrupted(reason: String)
    case failed(SystemCallError)
    /// A test asked for it.
    case injected(String)
    /// What a helper of ours told in its own words.
    case told(message: String, hint: String?)

    public var message: String {
        switch self {
        case .cannotEnforce(let project, let limit, let reason, _):
            "\(limit) of \(project) cannot be enforced: \(reason)"
        case .otherKind(let project, let has, let wanted):
            "the volume of \(project) is of kind \(has.rawValue), and \(wanted.rawValue) is asked for"
        case .missing(let project, let place, let reason):
            "the volume of \(project) is not there: \(quoted(place)) \(reason)"
        case .unknown(let project, let place):
            "\(quoted(place)) is there already, and the ledger knows of no volume of \(project)"
        case .torn(let project, let quarantine, let reason):
            "the volume of \(project) was damaged beyond repair and is kept as \(quarantine) beside "
                + "its place (\(quoted(reason)))"
        case .damaged(let project, let reason):
            "the volume of \(project) was damaged while it is in use (\(quoted(reason)))"
        case .counted(let path, let id):
            "\(quoted(path)) counts for project id \(id) already, which is not this project's"
        case .mounted(let path, let reason): "\(quoted(path)): \(reason)"
        case .belowUse(let limit, let wanted, let used, _):
            "\(limit) \(wanted): \(used) are in use"
        case .outOfReach(let limit, let wanted, let reason, _): "\(limit) \(wanted): \(reason)"
        case .noProgram(let name, _): "\(name) is not installed"
        case .program(let name, let reason): "\(name) failed: \(reason)"
        case .interrupted(let reason): "the volume could not be worked on: \(reason)"
        case .failed(let error): "the volume could not be worked on: \(error)"
        case .injected(let step): "told to fail: \(step)"
        case .told(let message, _): message
        }
    }

    public var hint: String? {
        switch self {
        case .cannotEnforce(_, _, _, let able): Self.hint(able)
        case .otherKind(let project, let has, _):
            "set volume_kind: \(has.rawValue); \(project) can have another after its storage is "
                + "removed: \(installedPage("storage"))"
        case .missing(let project, _, _):
            "put it back from a copy, or remove the storage of \(project): \(installedPage("storage"))"
        case .unknown: "it was made under another ledger; move it away to start anew"
        case .torn(let project, let quarantine, _):
            "look at it with e2fsck -n; to start anew, remove the storage of \(project), which leaves "
                + "\(quarantine) there: \(installedPage("storage"))"
        case .damaged(let project, _):
            "save what is needed from inside \(project), then restart it: it is checked then"
        case .counted(_, let id):
            "projects cannot share files that are counted; move it, or free it with: "
                + "xfs_quota -x -c 'project -C -p PATH \(id)'"
        case .mounted: "unmount it first"
        case .belowUse(_, _, _, let largest):
            largest.isEmpty
                ? "remove files first" : "remove files first; most is in \(Self.list(largest))"
        case .outOfReach(_, _, _, let hint): hint
        case .noProgram(_, let package): "install the package \(package)"
        case .program, .interrupted, .injected: nil
        case .failed(let error) where error.errno == .ENOSPC:
            "make room on the file system that holds it"
        case .failed: nil
        case .told(_, let hint): hint
        }
    }

    private static func hint(_ able: [String]) -> String {
        able.isEmpty
            ? "no form of storage on this machine can; put the state directory on ext4 or xfs with "
                + "project quota"
            : "what can: " + list(able)
    }

    private static func list(_ parts: [String]) -> String {
        var text = ""
        for part in parts { text += text.isEmpty ? part : ", \(part)" }
        return text
    }
}

/// Runs system calls of which nothing more is to be said than that they failed.
func trying<Result: ~Copyable>(
    _ body: () throws(SystemCallError) -> Result
) throws(VolumeError) -> Result {
    do { return try body() } catch { throw .failed(error) }
}
