internal import Arguments
internal import Cgroups
internal import Plan
internal import Seccomp
internal import Syscalls
internal import Tracing

/// `bulkhead profile learn`: runs a command in a sandbox under the default profile, and writes down which
/// of its calls it made.
///
/// - Returns: the exit status: 1 where no profile was written.
func learnProfile(_ request: Invocation.LearnRequest) -> Int32 {
    do {
        try learn(request)
        return 0
    } catch let error as any Diagnosable {
        report(error)
        return 1
    } catch {
        report("\(error)", hint: nil)
        return 1
    }
}

private func learn(_ request: Invocation.LearnRequest) throws {
    let name = request.change.name
    if effectiveUserID() != 0 {
        throw ProfileRefusal(
            "learning a profile takes root: it looks at system calls by BPF",
            hint: "run it with sudo")
    }
    let directory = request.output ?? MachineProfiles.directory
    let path = "\(directory)/\(name).json"
    let base = try profileStore(installation()).profile(for: "default")
    let isThere = (try? FileStatus(path: path)) != nil
    var old: LearnedProfile?
    if isThere && request.merges {
        let bytes = try open(path, .nonBlocking).readAll(limit: 1 << 20)
        old = try LearnedProfile(Profile(parsing: bytes, file: path), of: base)
    } else if isThere && !request.overwrites {
        throw ProfileRefusal(
            "\(quoted(path)) is there already",
            hint: "replace it with --force, or add to it with --merge")
    }
    let (calls, status) = try observe(request.command)
    if calls.isEmpty {
        throw ProfileRefusal("the command was not started, so nothing was learned", hint: nil)
    }
    var learned = LearnedProfile(
        used: calls, of: base,
        comment: "Learned from: \(printable(request.command.joined(separator: " ")))")
    if let old {
        learned.merge(old)
        learned.isCanary = old.isCanary
    }
    let text = learned.json(of: base)
    if request.output != nil {
        try Directory(opening: directory)
            .replaceFile("\(name).json", with: Array(text.utf8), mode: 0o644)
    } else {
        try changeProfile(request.change, step: "learn", text)
    }
    let all = base.allowedCalls.count
    let ending = status == 0 ? "" : "; the command ended with status \(status)"
    _ = say(
        "\(path): \(calls.count) calls used, \(learned.removed.count) of \(all) that the default allows "
            + "removed (\(percent(learned.removed.count, of: all)))\(ending)\n")
}

/// `62 %`
func percent(_ part: Int, of all: Int) -> String { "\(all == 0 ? 0 : part * 100 / all) %" }

/// Runs a command as `bulkhead run` does, in a cgroup below one of ours.
///
/// - Returns: the numbers of the calls that were made, and the command's status.
private func observe(_ command: [String]) throws -> (Set<Int32>, Int32) {
    guard let mount = try CgroupHost.probe(parent: nil).mountPoint else {
        throw ProfileRefusal(
            "no cgroup2 is mounted, so a command's calls cannot be told from others",
            hint: "mount one: mount -t cgroup2 none /sys/fs/cgroup")
    }
    let path = "\(mount)/bulkhead-learn-\(currentProcessID())"
    try Directory(opening: "/").makeDirectory(String(path.dropFirst()))
    // Empty by then; where something is left in it, it says more of it than we could.
    defer { try? Directory(opening: "/").removeDirectory(String(path.dropFirst())) }
    let tracer = try UsageTracer(cgroup: try FileStatus(path: path).inode)
    let status = try run(command, below: path)
    tracer.detach()
    return (Set(try tracer.read().keys), status)
}

private func run(_ command: [String], below path: String) throws(SystemCallError) -> Int32 {
    let child = try spawnProgram(
        try linkTarget("/proc/self/exe"),
        arguments: ["bulkhead", "run", "--cgroup-parent", path, "--allow-unlimited", "--"]
            + command,
        environment: environmentVariables().map { "\($0.0)=\($0.1)" }, descriptors: [0, 1, 2])
    switch try child.wait().status {
    case .exited(let code): return code
    case .killed(let signal, _): return 128 + signal
    }
}
