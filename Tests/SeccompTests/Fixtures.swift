import Plan
import Seccomp
import Syscalls
import Testing

/// Where the repository's profiles are, seen from this file.
let repositoryProfiles =
    String(#filePath.dropLast("Tests/SeccompTests/Fixtures.swift".count)) + "profiles"

let repositoryStore = ProfileStore(directories: [repositoryProfiles], cacheDirectory: nil)

/// A file that names what every profile must allow, and `groups`.
func profileText(_ groups: String = "", top: String = "") -> String {
    """
    {\(top)
     "defaultAction": "SCMP_ACT_ERRNO",
     "architectures": ["SCMP_ARCH_X86_64"],
     "syscalls": [{"names": ["execve", "write", "exit_group"], "action": "SCMP_ACT_ALLOW"}\(groups.isEmpty ? "" : ",\n" + groups)]}
    """
}

func parse(_ text: String) throws(ProfileError) -> Profile {
    try Profile(parsing: Array(text.utf8), file: "p.json")
}

/// Resolved among texts by name; the first is asked for.
func resolve(_ texts: KeyValuePairs<String, String>) throws(ProfileError) -> ResolvedProfile {
    let first = texts[0]
    return try ResolvedProfile(
        try Profile(parsing: Array(first.value.utf8), file: first.key), name: first.key
    ) { (parent) throws(ProfileError) in
        guard let text = texts.first(where: { $0.key == parent.name })?.value else {
            throw .unknown(
                name: parent.name, from: parent.location, searched: ["/nowhere"], similar: nil)
        }
        return try Profile(parsing: Array(text.utf8), file: parent.name)
    }
}

func compile(_ groups: String) throws(ProfileError) -> Machine {
    Machine(try SeccompProgram(compiling: try resolve(["p": profileText(groups)])))
}

/// The error that reading `text` ends with, in its two lines.
func refusal(_ text: String) -> [String?] {
    do {
        _ = try parse(text)
        return []
    } catch {
        return [error.message, error.hint]
    }
}

/// A directory of its own for one test, removed with it.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = "/tmp/bulkhead-seccomp-\(UInt64.random(in: .min ... .max))"
        try Directory(opening: "/").makeDirectory(String(path.dropFirst()), mode: 0o700)
    }

    deinit { remove(path) }

    func write(_ name: String, _ text: String) throws {
        let directory = try Directory(opening: path)
        try? directory.removeFile(name)
        try directory.createFile(name, containing: text)
    }

    private func remove(_ path: String) {
        guard let directory = try? Directory(opening: path) else { return }
        for name in (try? directory.names()) ?? [] {
            if (try? directory.removeFile(name)) == nil { remove("\(path)/\(name)") }
        }
        try? Directory(opening: "/").removeDirectory(String(path.dropFirst()))
    }
}
