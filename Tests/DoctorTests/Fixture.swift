@testable import Doctor
import Syscalls

/// A directory that stands for a host's root, and vanishes at the end.
final class Fixture {
    let root: String

    /// - Parameter files: paths and what is in them; a path that ends in a slash is a directory.
    init(_ files: [(String, String)]) throws {
        root =
            "/tmp/bulkhead-doctor-tests-\(try randomBytes(8).map { String($0, radix: 16) }.joined())"
        let top = try Directory(opening: "/")
        try top.makeDirectory(String(root.dropFirst()))
        for (path, text) in files {
            var directory = root.dropFirst()
            for component in path.split(separator: "/").dropLast(path.hasSuffix("/") ? 0 : 1) {
                directory += "/\(component)"
                // There already where two files share it.
                try? top.makeDirectory(String(directory))
            }
            if !path.hasSuffix("/") {
                try top.createFile(String((root + path).dropFirst()), containing: text)
            }
        }
    }

    var host: HostFiles { HostFiles(root: root) }

    deinit { Self.remove(root) }

    private static func remove(_ path: String) {
        // Of a test's own directory, what cannot be removed may stay in /tmp.
        guard let directory = try? Directory(opening: path), let names = try? directory.names()
        else {
            return
        }
        for name in names {
            remove("\(path)/\(name)")
            try? directory.removeFile(name)
            try? directory.removeDirectory(name)
        }
        if let parent = try? Directory(opening: "/") {
            try? parent.removeDirectory(String(path.dropFirst()))
        }
    }
}
