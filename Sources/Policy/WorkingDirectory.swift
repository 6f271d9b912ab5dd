internal import Plan

extension GrantedMounts {
    /// Adds what `bulkhead run` works in: a path in one of the sandbox's own mounts is used as it is, any
    /// other is a directory of the host and is granted, writable, at its own path.
    ///
    /// - Returns: the working directory inside.
    mutating func addWorkingDirectory(
        _ asked: String?, on host: HostLayout
    ) throws(InvalidValue) -> String {
        let subject = asked == nil ? "working directory" : "--workdir"
        guard let given = asked ?? host.currentDirectory else {
            throw InvalidValue(
                subject, ".", "the current directory has been removed",
                hint: "change to a directory that exists, or name one with --workdir DIR")
        }
        let path = try PlainPath(onHost: given, base: host.currentDirectory, for: subject).text
        if isInside(path) { return path }
        try refuseSystemDirectory(path, subject)
        if asked == nil, path == host.home || path == "/root" || isHome(path) {
            throw InvalidValue(
                subject, path,
                "is a home directory: the command could change its shell's start-up files and keys",
                hint: "change to a project's directory, or say --workdir \(path) if you mean it, "
                    + "or --workdir /tmp for a private one")
        }
        try addDirectory(path, for: subject)
        return path
    }
}

private func isHome(_ path: String) -> Bool {
    PathRules.isWithin(path, "/home") && PathRules.depth(path) == 2
}
