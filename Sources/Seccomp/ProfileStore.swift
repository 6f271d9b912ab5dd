internal import Plan
internal import Syscalls

/// The profiles of a machine: directories of `NAME.json`, and compiled filters kept from before.
public struct ProfileStore: Sendable {
    /// Where names are looked for; an earlier directory goes before a later one.
    private let directories: [String]
    /// Nil: every program is compiled anew.
    private let cache: CompileCache?

    /// Neither the directories nor the cache need to exist.
    public init(directories: [String], cacheDirectory: String?) {
        self.directories = directories
        self.cache = cacheDirectory.map { CompileCache(directory: $0) }
    }

    /// The compiled filter for a name, or a path where it contains a slash. From the cache where
    /// that is as young as every file it was made from.
    public func program(for nameOrPath: String) throws(ProfileError) -> SeccompProgram {
        let request = CompileCache.Request(profile: nameOrPath, directories: directories)
        if let cached = cache?.load(request) { return cached }
        let (profile, evidence) = try resolve(nameOrPath)
        let program = try SeccompProgram(compiling: profile)
        cache?.store(program, for: request, evidence)
        return program
    }

    /// What the profile says, with all it extends.
    public func profile(for nameOrPath: String) throws(ProfileError) -> ResolvedProfile {
        try resolve(nameOrPath).profile
    }

    /// What a profile that is in no file yet would say.
    public func resolved(_ profile: Profile, name: String) throws(ProfileError) -> ResolvedProfile {
        var evidence: [Evidence] = []
        return try resolve(profile, name, &evidence)
    }

    /// The names that can be asked for, sorted.
    public func names() -> [String] {
        var result: Set<String> = []
        for directory in directories {
            // A directory that is absent or shut has no names to offer; asking for one says why.
            guard let listing = try? Directory(opening: directory).names() else { continue }
            for file in listing where file.hasSuffix(suffix) {
                let name = String(file.dropLast(suffix.count))
                if isProfileName(name) { result.insert(name) }
            }
        }
        return result.sorted()
    }

    /// Where a profile is that came with the program, which one of the machine's of that name would
    /// hide; nil: there is none.
    public func shippedPath(of name: String) -> String? {
        directories.filter { $0 != MachineProfiles.directory }.map { "\($0)/\(name)\(suffix)" }
            .first { (try? FileStatus(path: $0)) != nil }
    }

    private func resolve(
        _ nameOrPath: String
    ) throws(ProfileError) -> (profile: ResolvedProfile, evidence: [Evidence]) {
        var evidence: [Evidence] = []
        let path = try find(nameOrPath, from: nil, &evidence)
        let profile = try read(path, &evidence)
        return (try resolve(profile, nameOrPath, &evidence), evidence)
    }

    private func resolve(
        _ profile: Profile, _ name: String, _ evidence: inout [Evidence]
    ) throws(ProfileError) -> ResolvedProfile {
        try ResolvedProfile(profile, name: name) { (parent) throws(ProfileError) in
            try read(try find(parent.name, from: parent.location, &evidence), &evidence)
        }
    }

    /// The path of a profile. Places where it was looked for and not found become evidence too: a
    /// file that appears there later goes before the one that was found.
    private func find(
        _ nameOrPath: String, from location: Location?, _ evidence: inout [Evidence]
    ) throws(ProfileError) -> String {
        if location == nil && nameOrPath.utf8.contains(UInt8(ascii: "/")) {
            if nameOrPath.utf8.contains(0) { throw .invalidName(nameOrPath) }
            return nameOrPath
        }
        if !isProfileName(nameOrPath) { throw .invalidName(nameOrPath) }
        for directory in directories {
            let path = "\(directory)/\(nameOrPath)\(suffix)"
            do {
                _ = try FileStatus(path: path)
                return path
            } catch  where error.errno == .ENOENT || error.errno == .ENOTDIR {
                evidence.append(.absent(path))
            } catch {
                // Not passed over: the next directory's profile may be a laxer one.
                throw .unreadable(path: path, error)
            }
        }
        throw .unknown(
            name: nameOrPath, from: location, searched: directories,
            similar: nearest(to: nameOrPath, in: names()))
    }

    /// Links are followed: who may name a file to root, or write to root's directories, may name
    /// any. Whatever the path leads to, it is opened once, and a fifo or device makes nobody wait.
    private func read(
        _ path: String, _ evidence: inout [Evidence]
    ) throws(ProfileError) -> Profile {
        let bytes: [UInt8]
        do throws(SystemCallError) {
            let file = try open(path, .nonBlocking)
            let before = try file.status()
            if before.kind != .regular { throw SystemCallError("open", on: path, .EINVAL) }
            bytes = try file.readAll(limit: profileSizeMax)
            evidence.append(
                try file.status() == before ? .file(path, Fingerprint(before)) : .changing)
        } catch {
            switch error.errno {
            case .EFBIG: throw .tooLarge(path: path)
            case .EINVAL where error.call == "open": throw .notRegular(path: path)
            default: throw .unreadable(path: path, error)
            }
        }
        return try Profile(parsing: bytes, file: path)
    }
}

private let suffix = ".json"
