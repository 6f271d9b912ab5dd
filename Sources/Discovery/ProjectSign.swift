/// What makes a directory look like a project.
enum ProjectSign {
    /// Names of files and directories, each with what it is called in a list; the strongest first.
    private static let names: [(name: String, label: String)] = [
        (".orch-state", ".orch-state"), (".git", "git"), (".hg", "hg"), (".svn", "svn"),
        ("package.json", "package.json"), ("pyproject.toml", "pyproject.toml"),
        ("setup.py", "setup.py"), ("requirements.txt", "requirements.txt"),
        ("Cargo.toml", "Cargo.toml"), ("go.mod", "go.mod"), ("Package.swift", "Package.swift"),
        ("pom.xml", "pom.xml"), ("build.gradle", "build.gradle"),
        ("build.gradle.kts", "build.gradle.kts"), ("build.sbt", "build.sbt"),
        ("Gemfile", "Gemfile"), ("composer.json", "composer.json"), ("mix.exs", "mix.exs"),
        ("deno.json", "deno.json"), ("stack.yaml", "stack.yaml"), ("dune-project", "dune-project"),
        ("build.zig", "build.zig"), ("pubspec.yaml", "pubspec.yaml"),
        ("CMakeLists.txt", "CMakeLists.txt"), ("meson.build", "meson.build"),
        ("configure.ac", "configure.ac"), ("Makefile", "Makefile"), ("justfile", "justfile"),
        ("compose.yaml", "compose.yaml"), ("compose.yml", "compose.yml"),
        ("docker-compose.yaml", "docker-compose.yaml"),
        ("docker-compose.yml", "docker-compose.yml"), ("Dockerfile", "Dockerfile"),
    ]

    private static let suffixes = [".sln", ".csproj", ".cabal", ".gemspec", ".xcodeproj"]

    /// The signs among the names in one directory, the strongest first.
    static func found(in entries: [String]) -> [String] {
        let present = Set(entries)
        var signs: [String] = []
        for (name, label) in names where present.contains(name) { signs.append(label) }
        for suffix in suffixes {
            // The first in the alphabet: a list must not depend on the file system's order.
            let matching = entries.filter {
                $0.utf8.count > suffix.utf8.count && $0.hasSuffix(suffix)
            }
            if let first = matching.min() { signs.append(first) }
        }
        return signs
    }

    /// What others wrote or a tool made, and the kernel's own.
    private static let passedOver: Set<String> = [
        "node_modules", "vendor", "third_party", "target", "dist", "__pycache__", "venv",
        "site-packages", "bower_components", "lost+found",
    ]
    private static let kernelDirectories: Set<String> = ["proc", "sys", "dev", "run"]

    /// Whether a directory of this name is looked into.
    static func isEntered(_ name: String, in path: String) -> Bool {
        if name.utf8.first == UInt8(ascii: ".") || passedOver.contains(name) { return false }
        return path != "/" || !kernelDirectories.contains(name)
    }
}
