extension LaunchPlan {
    /// The plan as `bulkhead run --plan` prints it, for people.
    public var description: String {
        var lines: [String] = []
        func section(_ title: String, _ values: [String]) {
            for (index, value) in values.enumerated() {
                let head = index == 0 ? title : ""
                lines.append(
                    head + String(repeating: " ", count: 14 - head.count) + printable(value))
            }
        }
        section("sandbox", ["\(name.text), host name \(sandbox.hostname)"])
        section("command", [workload.command.map(shellQuoted).joined(separator: " ")])
        section("directory", [workload.workingDirectory])
        section(
            "user",
            [
                "\(workload.identity.user):\(workload.identity.group) of 65,536 ids in a user namespace of its own"
            ])
        section("namespaces", [namespaces.joined(separator: " ")])
        section(
            "network",
            [sandbox.network == .none ? "loopback only" : "the host's, not isolated"])
        section(
            "capabilities",
            [
                workload.capabilities.isEmpty
                    ? "none" : workload.capabilities.joined(separator: " ")
            ])
        section("seccomp", ["profile \(workload.seccompProfile), no_new_privs"])
        section("limits", sandbox.limits.lines.isEmpty ? ["none"] : sandbox.limits.lines)
        section("each process", workload.resourceLimits.map(\.line))
        section("time", timeLimit.map { ["ended after \($0), killed \(grace) later"] } ?? [])
        section("terminal", workload.terminal ? ["one of its own"] : [])
        section("environment", workload.environment.map { "\($0.name)=\($0.value)" })
        section(
            "root",
            ["tmpfs, at most \(sandbox.root.size) and \(sandbox.root.inodes) files, with"]
                + sandbox.root.entries.map(\.line))
        section("mounts", sandbox.mounts.map(\.line))
        section("Landlock", ["writes only below " + workload.writable.joined(separator: " ")])
        return lines.joined(separator: "\n") + "\n"
    }

    /// As clone(2) names them, without CLONE_NEW.
    private var namespaces: [String] {
        ["user", "mount", "pid", "ipc", "uts", "cgroup"] + (sandbox.network == .none ? ["net"] : [])
    }
}

extension Limits {
    fileprivate var lines: [String] {
        var lines: [String] = []
        if let memoryMax { lines.append("memory.max \(memoryMax)") }
        if let memoryHigh { lines.append("memory.high \(memoryHigh)") }
        if let swapMax { lines.append("memory.swap.max \(swapMax)") }
        if let cpuMax { lines.append("cpu.max \(cpuMax) processors") }
        if let cpuWeight { lines.append("cpu.weight \(cpuWeight)") }
        if let pidsMax { lines.append("pids.max \(pidsMax)") }
        for limit in io {
            let parts = [
                limit.readBytesPerSecond.map { "rbps=\($0)" },
                limit.writeBytesPerSecond.map { "wbps=\($0)" },
                limit.readOperationsPerSecond.map { "riops=\($0)" },
                limit.writeOperationsPerSecond.map { "wiops=\($0)" },
            ]
            lines.append(
                "io.max of the disk under \(limit.path): "
                    + parts.compactMap(\.self).joined(separator: ","))
        }
        return lines
    }
}

extension ResourceLimit {
    fileprivate var line: String {
        let name =
            switch resource {
            case .core: "RLIMIT_CORE"
            case .openFiles: "RLIMIT_NOFILE"
            case .lockedMemory: "RLIMIT_MEMLOCK"
            case .niceness: "RLIMIT_NICE"
            case .realTimePriority: "RLIMIT_RTPRIO"
            }
        return soft == hard ? "\(name) \(soft)" : "\(name) \(soft), at most \(hard)"
    }
}

extension RootSkeleton.Entry {
    fileprivate var line: String {
        switch kind {
        case .directory(let mode): "/\(path)/ mode \(String(mode, radix: 8))"
        case .link(let target): "/\(path) -> \(target)"
        case .file(let text): "/\(path), \(text.utf8.count) bytes"
        case .device(let major, let minor): "/\(path), device \(major):\(minor)"
        }
    }
}

extension Mount {
    fileprivate var line: String {
        switch source {
        case .host(let path, let access, let owners):
            let from = path == destination ? "" : " from \(path)"
            let shown =
                switch owners {
                case .unmapped: ""
                case .ownerAsUser: ", its owner shown as the user"
                case .sameNumbers: ", users as they are"
                case .handedOver: ", given to the user"
                }
            return "\(destination)\(from), \(access.rawValue)\(shown)"
        case .overlay(let lower, let volume, _):
            return "\(destination), \(lower) read-only with its changes in \(volume)/upper"
        case .tmpfs(let size), .scratch(let size):
            return "\(destination), tmpfs of at most \(size)"
        case .proc: return "\(destination), proc"
        case .terminals: return "\(destination), devpts"
        case .cgroup: return "\(destination), cgroup2, read-only"
        case .secrets(let secrets):
            return "\(destination), \(secrets.count) secrets, read-only"
        case .readOnlyAgain: return "\(destination), read-only if there"
        case .mask: return "\(destination), hidden if there"
        }
    }
}
