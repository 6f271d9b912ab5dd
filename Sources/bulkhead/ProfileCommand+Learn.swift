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
    if request.output == nil { try refuseShipped(name) }
    let directory = request.output ?? MachineProfiles.directory
    let path = "\(directory)/\(name).json"
    let base = try profileStore(installation()).profile(for: "default")
    // What cannot be written is not learned first, which may take long.
    _ = try previous(try content(of: path), path, request, base)
    let (calls, status) = try observe(request.command)
    if calls.isEmpty {
        throw ProfileRefusal("the command was not started, so nothing was learned", hint: nil)
    }
    let learned = LearnedProfile(
        used: calls, of: base,
        comment: "Learned from: \(printable(request.command.joined(separator: " ")))")
    var removed = 0
    func make(_ content: [UInt8]?) throws -> String {
        var learned = learned
        if let old = try previous(content, path, request, base) {
            learned.merge(old)
            learned.isCanary = old.isCanary
        }
        removed = learned.removed.count
        return learned.json(of: base)
    }
    if request.output != nil {
        let text = try make(try content(of: path))
        try Directory(opening: directory)
            .replaceFile("\(name).json", with: Array(text.utf8), mode: 0o644)
    } else {
        try changeProfile(request.change, step: .learn, make)
    }
    let all = base.allowedCalls.count
    let ending = status == 0 ? "" : "; the command ended with status \(status)"
    _ = say(
        "\(path): \(calls.count) calls used, \(removed) of \(all) that the default allows "
            + "removed (\(percent(removed, of: all)))\(ending)\n")
}

/// Nil: there is no such file.
private func content(of path: String) throws(SystemCallError) -> [UInt8]? {
    do { return try open(path, .nonBlocking).readAll(limit: 1 << 20) } catch
        where error.errno == .ENOENT
    { return nil }
}

/// What is to be merged with what was learned; nil: nothing. Throws where something is there that is
/// neither to be replaced nor to be added to.
private func previous(
    _ content: [UInt8]?, _ path: String, _ request: Invocation.LearnRequest,
    _ base: ResolvedProfile
) throws -> LearnedProfile? {
    guard let content else { return nil }
    if request.merges {
        return try LearnedProfile(Profile(parsing: content, file: path), of: base)
    }
    if request.overwrites { return nil }
    throw ProfileRefusal(
        "\(quoted(path)) is there already",
        hint: "replace it with --force, or add to it with --merge")
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

/// A signal that ends a command from a terminal, ^C, is the command's, and is waited for; one that was
/// sent to this process is passed on. What was learned until then is written down.
private func run(_ command: [String], below path: String) throws(SystemCallError) -> Int32 {
    let signals = try SignalQueue([.SIGHUP, .SIGINT, .SIGQUIT, .SIGTERM])
    let child = try spawnProgram(
        try linkTarget("/proc/self/exe"),
        arguments: ["bulkhead", "run", "--cgroup-parent", path, "--allow-unlimited", "--"]
            + command,
        environment: environmentVariables().map { "\($0.0)=\($0.1)" }, descriptors: [0, 1, 2])
    while true {
        var entries = [
            PollEntry(child.descriptor.number, .readable),
            PollEntry(signals.descriptor.number, .readable),
        ]
        try poll(&entries, timeoutMilliseconds: nil)
        while let signal = try signals.next() {
            if signal == .SIGTERM || signal == .SIGHUP { try child.signal(signal) }
        }
        if entries[0].occurred.isEmpty { continue }
        switch try child.wait().status {
        case .exited(let code): return code
        case .killed(let signal, _): return 128 + signal
        }
    }
}
