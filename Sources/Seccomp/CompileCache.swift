internal import Plan
internal import Syscalls

/// Compiled filters from before, one file each.
///
/// A filter is as good as the directory it comes from. So the directory and the file must belong to
/// root (or to whoever runs this program) and nobody else may write there; else nothing is read from
/// it nor written to it. What cannot be read, is truncated, damaged or out of date is compiled anew.
struct CompileCache: Sendable {
    private let directory: String

    init(directory: String) { self.directory = directory }

    /// What a filter is asked for by.
    ///
    /// In bytes: this runs at every launch, and the first joining or formatting of strings in a
    /// process costs more than all system calls here (measured: 0.1 ms).
    struct Request {
        let profile: String
        /// Everything that decides which files are looked at: the name and the directories.
        let key: [UInt8]
        /// The name in the directory of the cache. Two requests may share it: the file says whose
        /// it is.
        let file: String

        init(profile: String, directories: [String]) {
            var key = Array(profile.utf8)
            for directory in directories {
                key.append(0)
                key.append(contentsOf: directory.utf8)
            }
            var name: [UInt8] = []
            let sum = checksum(key)
            for shift in stride(from: 60, through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: sum >> shift & 0xf)
                name.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
            }
            self.profile = profile
            self.key = key
            self.file = String(decoding: name, as: UTF8.self)
        }
    }

    /// The filter, or nil where there is none that holds.
    func load(_ request: Request) -> SeccompProgram? {
        // Whatever the failure, the profile can be compiled.
        guard let bytes = try? bytes(request.file),
            let entry = CacheEntry(decoding: bytes, request: request.key),
            entry.evidence.allSatisfy({ $0.holds })
        else { return nil }
        return SeccompProgram(
            instructions: entry.instructions, profile: request.profile, digest: entry.digest)
    }

    /// Keeps the filter for the next time, if that is possible.
    func store(_ program: SeccompProgram, for request: Request, _ evidence: [Evidence]) {
        // Without a cache every launch takes some milliseconds longer, and that is all.
        try? write(program, request, evidence)
    }

    private func bytes(_ name: String) throws(SystemCallError) -> [UInt8] {
        let directory = try trustedDirectory()
        let file = try open(name, at: directory.number, [.noFollow, .nonBlocking])
        let status = try file.status()
        try checkTrust(status, .regular, name)
        if status.size > UInt64(CacheEntry.sizeMax) {
            throw SystemCallError("read", on: name, .EFBIG)
        }
        return try file.read(upTo: Int(status.size) + 1)
    }

    private func write(
        _ program: SeccompProgram, _ request: Request, _ evidence: [Evidence]
    ) throws(SystemCallError) {
        if evidence.contains(.changing) { return }
        let directory = try trustedDirectory(create: true)
        // Profiles given by path would pile up. All goes, with what a killed launch left half
        // written; what is still wanted is soon back.
        let names = try directory.names()
        if names.count >= entryCountMax { for name in names { try? directory.removeFile(name) } }
        let entry = CacheEntry(
            evidence: evidence, digest: program.digest, instructions: program.instructions)
        // A name of its own: two launches may write at once.
        let temporary = ".\(request.file).\(UInt64.random(in: .min ... .max))"
        let file = try open(
            temporary, at: directory.number, [.writeOnly, .create, .exclusive, .noFollow],
            mode: 0o600)
        do throws(SystemCallError) {
            try file.writeAll(entry.encoded(request: request.key))
            let now = try file.status().changed
            for case .file(let path, let file) in evidence
            where file.changed > now - freshness || file.modified > now - freshness {
                // A write in the same tick of the file system's clock would not show.
                throw SystemCallError("stat", on: path, .EAGAIN)
            }
            try directory.rename(temporary, to: request.file)
        } catch {
            try? directory.removeFile(temporary)  // What matters is the first error.
            throw error
        }
    }

    private func trustedDirectory(create: Bool = false) throws(SystemCallError) -> Directory {
        if create { makeDirectories() }
        let opened = try open(directory, [.directory, .noFollow])
        try checkTrust(try opened.status(), .directory, directory)
        return Directory(opened)
    }

    private func checkTrust(
        _ status: FileStatus, _ kind: FileStatus.Kind, _ name: String
    ) throws(SystemCallError) {
        let isOurs = status.user == 0 || status.user == effectiveUserID()
        if status.kind != kind || !isOurs || status.permissions & 0o022 != 0 {
            throw SystemCallError("trust", on: name, .EPERM)
        }
    }

    /// The directory and its parent; they are there already on an installed system.
    private func makeDirectories() {
        // From the root on, so without the slash in front.
        let relative = directory.drop { $0 == "/" }
        guard let slash = relative.lastIndex(of: "/"), let root = try? Directory(opening: "/")
        else { return }
        // Where one exists or cannot be made, opening it tells.
        try? root.makeDirectory(String(relative[..<slash]), mode: 0o755)
        try? root.makeDirectory(String(relative), mode: 0o700)
    }
}

/// More profiles than a machine has in use.
let entryCountMax = 64

/// A source that changed less than this before the filter was made is not trusted to show the next
/// change in its times: ext3 and FAT count whole seconds, or two.
private let freshness: Int64 = 2_000_000_000
