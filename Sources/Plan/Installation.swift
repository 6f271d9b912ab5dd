/// Where the files are that belong to this program, by where the program itself is: an installed
/// one, whatever its prefix, and one in a build tree each find their own.
///
/// Each list is in the order of preference; the first that exists is meant.
public struct Installation: Hashable, Sendable {
    /// Of `bulkhead-init`.
    public let initCandidates: [String]
    /// Of the directory of seccomp profiles.
    public let profileCandidates: [String]

    /// - Parameter executable: the program's own path, absolute and without symbolic links, as
    ///   /proc/self/exe has it.
    public init(executable: String) {
        // By bytes: finding where characters end costs more than all the rest of this.
        let components = executable.utf8.split(separator: UInt8(ascii: "/")).dropLast()
            .map(Substring.init)
        let directory = "/" + components.joined(separator: "/")
        if components.last == "bin" || components.last == "sbin" {
            let parent = components.dropLast().joined(separator: "/")
            let prefix = parent.isEmpty ? "" : "/\(parent)"
            initCandidates = ["\(prefix)/libexec/bulkhead/bulkhead-init"]
            profileCandidates = ["\(prefix)/share/bulkhead/profiles"]
            return
        }
        initCandidates = [directory == "/" ? "/bulkhead-init" : "\(directory)/bulkhead-init"]
        // In a build tree the profiles are beside out/ or .build/. Nothing further up is looked at:
        // what lies above the tree may belong to anybody.
        let built = components.lastIndex { $0 == "out" || $0 == ".build" }
        let tree = built.map { "/" + components[..<$0].joined(separator: "/") } ?? directory
        profileCandidates = [tree == "/" ? "/profiles" : "\(tree)/profiles"]
    }
}
