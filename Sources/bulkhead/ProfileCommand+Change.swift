internal import Arguments
internal import Client
internal import JSONTree
internal import Plan
internal import Seccomp
internal import Syscalls

/// Why a profile is not changed.
struct ProfileRefusal: Error, Diagnosable {
    let message: String
    let hint: String?

    init(_ message: String, hint: String?) {
        self.message = message
        self.hint = hint
    }
}

/// `profile diff`: a line for what is removed, added, logged, or allowed otherwise.
func compareProfiles(
    _ one: ProfileReference, _ other: ProfileReference?, json: Bool
) -> Int32 {
    let store = profileStore(installation())
    do throws(ProfileError) {
        let base = try store.profile(for: other?.text ?? "default")
        let profile = try store.profile(for: one.text)
        let difference = profile.difference(from: base)
        let all = base.allowedCalls.count
        if json {
            func names(_ calls: [String]) -> JSON { .array(calls.map { .string($0) }) }
            let object: JSON = [
                "profile": .string(one.text), "base": .string(base.name),
                "base_calls": .integer(Int64(all)), "removed": names(difference.removed),
                "added": names(difference.added), "logged": names(difference.logged),
                "changed": names(difference.changed),
            ]
            return say(object.text + "\n")
        }
        let removed = difference.removed.count
        var text = "\(printable(one.text)) against \(printable(base.name)): "
        text +=
            "\(removed) of \(all) calls removed (\(percent(removed, of: all))), "
            + "\(difference.added.count) added, \(difference.logged.count) logged, "
            + "\(difference.changed.count) with other conditions\n"
        for call in difference.removed { text += "- \(call)\n" }
        for call in difference.added { text += "+ \(call)\n" }
        for call in difference.logged { text += "~ \(call)\n" }
        for call in difference.changed { text += "* \(call): conditions differ\n" }
        return say(text)
    } catch {
        report(error)
        return 1
    }
}

/// `profile canary`, `enforce` and `allow`.
func rewriteProfile(
    _ request: Invocation.ProfileChangeRequest, step: LearnedProfile.Step,
    _ change: (inout LearnedProfile, ResolvedProfile) throws(ProfileError) -> Void
) -> Int32 {
    let path = "\(MachineProfiles.directory)/\(request.name).json"
    do {
        try refuseShipped(request.name)
        let base = try profileStore(installation()).profile(for: "default")
        try changeProfile(request, step: step) { content in
            guard let content else {
                throw ProfileRefusal(
                    "\(quoted(path)) is not there",
                    hint: "learn it first: bulkhead profile learn \(request.name) -- COMMAND")
            }
            var profile = try LearnedProfile(Profile(parsing: content, file: path), of: base)
            try change(&profile, base)
            return profile.json(of: base)
        }
        return say("\(path): \(step); new launches get it\n")
    } catch let error as any Diagnosable {
        report(error)
    } catch {
        report("\(error)", hint: nil)
    }
    return 1
}

/// One of the machine's would hide it, also from those who extend it.
func refuseShipped(_ name: String) throws(ProfileRefusal) {
    if let path = profileStore(installation()).shippedPath(of: name) {
        throw ProfileRefusal(
            "profile \(quoted(name)): came with the program (\(quoted(path))), and is not to be changed",
            hint: "learn one of another name, or write one that extends it: "
                + installedPage("seccomp"))
    }
}

private let standardSocket = "/run/bulkhead/control.sock"

/// Has the supervisor write a profile and record that; where none runs it is written here, and said that
/// nobody recorded it.
///
/// - Parameter make: from what is there; asked again where somebody else was faster.
func changeProfile(
    _ request: Invocation.ProfileChangeRequest, step: LearnedProfile.Step,
    _ make: ([UInt8]?) throws -> String
) throws {
    for attempt in 0..<20 {
        let before = try MachineProfiles.read(request.name)
        let text = try make(before)
        if try put(request, step, text, before) { return }
        sleep(milliseconds: Int64(min(attempt, 9) * 10 + 1))
    }
    throw ProfileRefusal(
        "profile \(quoted(request.name)): others change it again and again", hint: "try once more")
}

/// - Returns: false: it is not as it was, or somebody else is at it.
private func put(
    _ request: Invocation.ProfileChangeRequest, _ step: LearnedProfile.Step, _ text: String,
    _ before: [UInt8]?
) throws -> Bool {
    let socket = request.socket ?? environmentVariable("BULKHEAD_SOCKET") ?? standardSocket
    do throws(ClientError) {
        _ = try Supervisor(at: socket).call(
            "ProfileChange",
            [
                "profile": .string(request.name), "step": .string(step.rawValue),
                "content": .string(text),
                "previous": before.map { .string(MachineProfiles.digest(of: $0)) },
                "reason": request.reason.map { .string($0) },
            ])
        return true
    } catch {
        switch error {
        case .refused(name: "ProfileConflict", _): return false
        case .unreachable(_, .ENOENT), .unreachable(_, .ECONNREFUSED): break
        default: throw error
        }
    }
    // Whoever named another socket by mistake would change it behind the supervisor's back.
    if socket != standardSocket, (try? Supervisor(at: standardSocket)) != nil {
        throw ProfileRefusal(
            "no supervisor answers at \(quoted(socket)), but one does at \(standardSocket)",
            hint: "leave --socket and BULKHEAD_SOCKET out")
    }
    guard let lock = try MachineProfiles.lock(),
        MachineProfiles.digest(of: try MachineProfiles.read(request.name))
            == MachineProfiles.digest(of: before)
    else { return false }
    try MachineProfiles.write(request.name, Array(text.utf8), lock)
    write(
        "bulkhead: no supervisor answers at \(quoted(socket)), so that nobody recorded this\n",
        to: .standardError)
    return true
}
