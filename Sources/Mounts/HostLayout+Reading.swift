public import Plan
internal import Syscalls

extension HostLayout {
    /// Reads what a plan must know.
    ///
    /// - Parameters:
    ///   - root: another root file system, nil for the host's /usr.
    ///   - home: the caller's home directory.
    public static func read(root: String?, home: String?) throws(MountError) -> HostLayout {
        let topLevel: [String: Entry]
        do {
            topLevel =
                if let root { try entries(ofRoot: root) } else { try hostEntries() }
        } catch { throw .cannotOpen(path: root ?? "/", error) }
        return HostLayout(
            topLevel: topLevel, configuration: configurationFound(),
            // Not a link, or not there: the sandbox has UTC.
            timeZone: try? linkTarget("/etc/localtime"),
            // Removed meanwhile: whoever needs it says so.
            currentDirectory: try? currentDirectoryPath(), home: home)
    }

    private static func hostEntries() throws(SystemCallError) -> [String: Entry] {
        var result = ["usr": Entry.directory]
        let slash = try Directory(opening: "/")
        for name in ["bin", "lib", "lib32", "lib64", "libx32", "sbin"] {
            if let entry = try entry(name, in: slash) { result[name] = entry }
        }
        return result
    }

    /// Everything but what a sandbox has of its own.
    private static func entries(ofRoot root: String) throws(SystemCallError) -> [String: Entry] {
        var result: [String: Entry] = [:]
        let directory = try Directory(opening: root, resolve: .noSymlinks)
        let own = ["dev", "home", "lost+found", "proc", "root", "run", "sys", "tmp"]
        for name in try directory.names() where !own.contains(name) {
            if let entry = try entry(name, in: directory) { result[name] = entry }
        }
        return result
    }

    private static func entry(
        _ name: String, in directory: borrowing Directory
    ) throws(SystemCallError) -> Entry? {
        do {
            return .link(target: try directory.target(ofLink: name))
        } catch  where error.errno == .ENOENT {
            return nil
        } catch  where error.errno == .EINVAL {
            // Not a link. A file at the top of a root file system is nobody's need.
            let status = try FileStatus(at: directory.number, path: name, flags: .noFollow)
            return status.kind == .directory ? .directory : nil
        }
    }

    private static func configurationFound() -> [String] {
        // Without /etc there is nothing to show.
        guard let etc = try? Directory(opening: "/etc") else { return [] }
        return configuration.filter { name in
            // Absent is what most of them may be.
            (try? FileStatus(at: etc.number, path: name)) != nil
        }
    }
}
