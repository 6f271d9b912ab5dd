import Plan
import Policy

extension HostLayout {
    /// A Debian 12, seen from a project's directory.
    static let debian = HostLayout(
        topLevel: [
            "usr": .directory, "bin": .link(target: "usr/bin"), "lib": .link(target: "usr/lib"),
            "lib64": .link(target: "usr/lib64"), "sbin": .link(target: "usr/sbin"),
        ],
        configuration: ["alternatives", "ld.so.cache", "resolv.conf", "ssl"],
        timeZone: "/usr/share/zoneinfo/Europe/Berlin", currentDirectory: "/srv/shop",
        home: "/home/ada")

    func standing(in directory: String?) -> HostLayout {
        var host = self
        host.currentDirectory = directory
        return host
    }
}

/// The plan for a request: `make` where `change` says nothing else.
func plan(
    on host: HostLayout = .debian, _ change: (inout RunRequest) throws -> Void = { _ in }
) throws -> LaunchPlan {
    var request = RunRequest(command: ["make"])
    try change(&request)
    return try LaunchPlan(request, on: host, generatedName: SandboxName("run-1"))
}

/// Why there is no plan; nil where there is one.
func refusal(
    on host: HostLayout = .debian, _ change: (inout RunRequest) throws -> Void = { _ in }
) throws -> InvalidValue? {
    do {
        _ = try plan(on: host, change)
        return nil
    } catch let error as InvalidValue { return error }
}

extension LaunchPlan {
    /// The mounts at or below one of the paths that a request granted.
    func mount(at destination: String) -> Mount? {
        sandbox.mounts.last { $0.destination == destination }
    }

    /// What a file of the root has in it, nil where there is no such file.
    func file(_ path: String) -> String? {
        for entry in sandbox.root.entries where entry.path == path {
            if case .file(let text) = entry.kind { return text }
        }
        return nil
    }

    func entry(_ path: String) -> RootSkeleton.Entry? {
        sandbox.root.entries.first { $0.path == path }
    }

    func value(of variable: String) -> String? {
        workload.environment.first { $0.name == variable }?.value
    }
}
