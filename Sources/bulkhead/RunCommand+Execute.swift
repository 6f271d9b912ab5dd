internal import Launch
internal import Mounts
internal import Plan
internal import Policy
internal import Seccomp
internal import Syscalls

/// Does what was asked for.
///
/// - Parameters:
///   - json: whether a record of the run ends it.
///   - planOnly: whether the plan is printed and nothing done.
/// - Returns: the exit status of `bulkhead run`.
func execute(_ request: RunRequest, json: Bool, planOnly: Bool) -> Int32 {
    do {
        let plan = try plan(for: request)
        if planOnly { return say(plan.description) }
        return finish(try plan.run(resources(), wantsJSON: json))
    } catch let error as LaunchError {
        report(error)
        return error.exitStatus
    } catch let error as any Diagnosable {
        report(error)
        return 125
    } catch {
        fatalError("every error of a launch is diagnosable")
    }
}

private func plan(for request: RunRequest) throws -> LaunchPlan {
    let host = try HostLayout.read(root: request.root, home: environmentVariable("HOME"))
    return try LaunchPlan(request, on: host, generatedName: generatedName())
}

/// Eight hexadecimal digits.
private func generatedName() throws -> SandboxName {
    let digits = Array("0123456789abcdef".utf8)
    var name: [UInt8] = []
    for byte in try randomBytes(4) { name += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return try SandboxName(String(decoding: name, as: UTF8.self))
}

private func resources() -> LaunchResources {
    let installation = installation()
    return LaunchResources(
        initCandidates: installation.initCandidates,
        profiles: ProfileStore(
            directories: ["/etc/bulkhead/profiles"] + installation.profileCandidates,
            cacheDirectory: "/var/cache/bulkhead/seccomp"),
        faultPoint: environmentVariable("BULKHEAD_FAULT").flatMap { Int($0) })
}

private func finish(_ outcome: RunOutcome) -> Int32 {
    var text = ""
    for line in outcome.unenforced { text += "bulkhead: not enforced: \(printable(line))\n" }
    for cause in outcome.causes { text += "bulkhead: \(printable(cause))\n" }
    if let json = outcome.json { text += json + "\n" }
    // At once: lines of runs side by side do not mix.
    if !text.isEmpty { write(text, to: .standardError) }
    return outcome.exitStatus
}
