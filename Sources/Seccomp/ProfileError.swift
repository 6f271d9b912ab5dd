public import Plan
public import Syscalls

/// A seccomp profile that cannot be used.
public enum ProfileError: Diagnosable, Hashable {
    /// The text is no profile, or one that contradicts itself.
    case malformed(Location, reason: String, hint: String?)
    /// The value is no name of a profile.
    case invalidName(String)
    /// No directory has it.
    case unknown(name: String, from: Location?, searched: [String], similar: String?)
    case unreadable(path: String, SystemCallError)
    case notRegular(path: String)
    case tooLarge(path: String)
    /// A profile that builds on itself; the names in order, the first again at the end.
    case cycle([String])
    case tooManyParents(Location)
    /// The filter has more instructions than the kernel takes.
    case tooLong(profile: String, instructions: Int)

    public var message: String {
        switch self {
        case .malformed(let location, let reason, _): "\(location): \(reason)"
        case .invalidName(let name): "profile \(quoted(name)): is not a profile's name"
        case .unknown(let name, let location, let searched, _):
            "\(location.map { "\($0): " } ?? "")profile \(quoted(name)): not found in "
                + (searched.isEmpty ? "any directory" : searched.joined(separator: ", "))
        case .unreadable(let path, let error):
            "profile \(printable(path)): \(error.call): \(error.errno)"
        case .notRegular(let path): "profile \(printable(path)): is not a regular file"
        case .tooLarge(let path):
            "profile \(printable(path)): is larger than \(profileSizeMax / 1_024) KiB"
        case .cycle(let names):
            "profile \(quoted(names.last ?? "")): builds on itself: "
                + names.map { printable($0) }.joined(separator: " → ")
        case .tooManyParents(let location):
            "\(location): extends more than \(sourceCountMax) profiles, or deeper than "
                + "\(extendsDepthMax)"
        case .tooLong(let profile, let instructions):
            "profile \(quoted(profile)): its filter has \(instructions) instructions, the kernel "
                + "takes \(instructionCountMax)"
        }
    }

    public var hint: String? {
        switch self {
        case .malformed(_, _, let hint): hint
        case .invalidName:
            "use a name such as 'default' (a-z, A-Z, 0-9, '-', '_', '.', at most 64), or a path "
                + "with a slash: ./profile.json"
        case .unknown(_, _, _, let similar?): "did you mean '\(similar)'?"
        case .unknown(_, .some, _, nil): "extends takes names of installed profiles, not paths"
        case .unknown: "give a path with a slash for a file of your own: ./profile.json"
        case .tooLong: "name fewer conditions, or merge calls with the same answer"
        case .unreadable, .notRegular, .tooLarge, .cycle, .tooManyParents: nil
        }
    }
}

/// A profile of every call with a reason for each is 60 KB; a file of more than this is a mistake.
let profileSizeMax = 1 << 20
/// Deeper than anybody reads; bounds the recursion.
let extendsDepthMax = 8
/// All files of one profile together.
let sourceCountMax = 16
/// BPF_MAXINSNS of linux/bpf_common.h.
let instructionCountMax = 4_096

/// `text` as it is where it is harmless in a line of a terminal, else quoted and escaped.
func printable(_ text: String) -> String {
    let harmless = text.unicodeScalars.allSatisfy { scalar in
        scalar.value >= 0x20 && scalar.value != 0x7f
            && scalar.properties.generalCategory != .control && !scalar.properties.isBidiControl
    }
    return harmless && !text.isEmpty ? text : quoted(text)
}
