import Syscalls

@testable import Cgroups

/// A host of plain directories and files, which is removed with this value.
final class Fixture {
    let prefix: String

    /// - Parameters:
    ///   - files: contents by path; directories are made as needed, and for paths that end in `/`.
    ///   - links: targets of symbolic links by path.
    init(_ files: [String: String] = [:], links: [String: String] = [:]) throws {
        let number = try randomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        prefix = "/tmp/bulkhead-cgroups-\(String(number, radix: 16))"
        try makeDirectories(prefix)
        for (path, content) in files { try add(path, content) }
        for (path, target) in links {
            try makeDirectories(prefix + path.parent)
            let directory = try Directory(opening: prefix + path.parent)
            try directory.makeSymbolicLink(path.name, to: target)
        }
    }

    func add(_ path: String, _ content: String) throws {
        if path.hasSuffix("/") { return try makeDirectories(prefix + path) }
        try makeDirectories(prefix + path.parent)
        let directory = try Directory(opening: prefix + path.parent)
        try directory.createFile(path.name, containing: content)
    }

    func read(_ path: String) throws -> String { try readFile(prefix + path) }

    func exists(_ path: String) -> Bool { (try? FileStatus(path: prefix + path)) != nil }

    /// This host, with cgroup2 mounted at `mount` and nowhere else.
    func host(cgroup2 mount: String = "/sys/fs/cgroup") -> HostFiles {
        HostFiles(prefix: prefix, mountOfCopy: mount)
    }

    deinit {
        guard let parent = try? Directory(opening: prefix.parent) else { return }
        remove(prefix.name, from: parent)
    }
}

/// A cgroup2 directory that passes everything on.
func delegated(_ path: String, _ controllers: String = "cpu io memory pids") -> [String: String] {
    ["\(path)/cgroup.controllers": controllers, "\(path)/cgroup.subtree_control": controllers]
}

private func makeDirectories(_ path: String) throws {
    var done = ""
    for component in path.split(separator: "/") {
        let parent = done.isEmpty ? "/" : done
        done += "/\(component)"
        if (try? FileStatus(path: done)) != nil { continue }
        try Directory(opening: parent).makeDirectory(String(component))
    }
}

private func remove(_ name: String, from parent: borrowing Directory) {
    guard let directory = try? Directory(opening: name, at: parent.number, resolve: .noSymlinks)
    else {
        try? parent.removeFile(name)
        return
    }
    for child in (try? directory.names()) ?? [] { remove(child, from: directory) }
    try? parent.removeDirectory(name)
}

extension String {
    fileprivate var name: String { String(split(separator: "/").last ?? "") }
    fileprivate var parent: String {
        "/" + split(separator: "/").dropLast().joined(separator: "/")
    }
}
