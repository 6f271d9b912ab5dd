/// Where the files are that belong to this program, by where the program itself is: an installed
/// one, whatever its prefix, and one in a build tree each find their own.
///
/// Each list is in the order of preference; the first that exists is meant.
public struct Installation: Hashable, Sendable {
    /// Of `bulkhead-init`.
    public let initCandidates: [String]
    /// Of `bulkhead-logs`.
    public let logReaderCandidates: [String]
    /// Of `bulkhead-audit`.
    public let auditReaderCandidates: [String]
    /// Of `bulkhead-storage`.
    public let storageHelperCandidates: [String]
    /// Of `bulkhead`.
    public let clientCandidates: [String]
    /// Of `bulkhead-simulate`.
    public let simulatorCandidates: [String]
    /// Of `bulkheadd`.
    public let supervisorCandidates: [String]
    /// Of the directory of seccomp profiles.
    public let profileCandidates: [String]
    /// Of the file of quota classes.
    public let classCandidates: [String]

    /// - Parameter executable: the program's own path, absolute and without symbolic links, as
    ///   /proc/self/exe has it.
    public init(executable: String) {
        // By bytes and without joining: making the types for that takes longer than all the rest.
        let components = executable.utf8.split(separator: UInt8(ascii: "/")).dropLast()
            .map(Substring.init)
        /// The path of the first components; empty for the root directory.
        func path(_ count: Int) -> String {
            count == 0 ? "" : String(executable[..<components[count - 1].endIndex])
        }
        if components.last == "bin" || components.last == "sbin" {
            let prefix = path(components.count - 1)
            initCandidates = ["\(prefix)/libexec/bulkhead/bulkhead-init"]
            logReaderCandidates = ["\(prefix)/libexec/bulkhead/bulkhead-logs"]
            auditReaderCandidates = ["\(prefix)/libexec/bulkhead/bulkhead-audit"]
            clientCandidates = ["\(prefix)/bin/bulkhead"]
            storageHelperCandidates = ["\(prefix)/libexec/bulkhead/bulkhead-storage"]
            simulatorCandidates = ["\(prefix)/libexec/bulkhead/bulkhead-simulate"]
            supervisorCandidates = [
                "\(prefix)/sbin/bulkheadd", "\(prefix)/bin/bulkheadd",
                "\(prefix)/libexec/bulkhead/bulkheadd",
            ]
            profileCandidates = ["\(prefix)/share/bulkhead/profiles"]
            classCandidates = ["\(prefix)/share/bulkhead/classes.yaml"]
            return
        }
        let directory = path(components.count)
        initCandidates = ["\(directory)/bulkhead-init"]
        logReaderCandidates = ["\(directory)/bulkhead-logs"]
        auditReaderCandidates = ["\(directory)/bulkhead-audit"]
        clientCandidates = ["\(directory)/bulkhead"]
        storageHelperCandidates = ["\(directory)/bulkhead-storage"]
        simulatorCandidates = ["\(directory)/bulkhead-simulate"]
        supervisorCandidates = ["\(directory)/bulkheadd"]
        // In a build tree the profiles are beside out/ or .build/. Nothing further up is looked at:
        // what lies above the tree may belong to anybody.
        let built = components.lastIndex { $0 == "out" || $0 == ".build" }
        let tree = built.map { path($0) } ?? directory
        profileCandidates = ["\(tree)/profiles"]
        classCandidates = ["\(tree)/cgroups/classes.yaml"]
    }
}
