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

/// `profile diff`: a line for what is removed, added, logged.
func compareProfiles(_ one: ProfileReference, _ other: ProfileReference?) -> Int32 {
    let store = profileStore(installation())
    do throws(ProfileError) {
        let base = try store.profile(for: other?.text ?? "default")
        let profile = try store.profile(for: one.text)
        let (removed, added, logged) = profile.difference(from: base)
        let all = base.allowedCalls.count
        var text = "\(printable(one.text)) against \(printable(base.name)): "
        text +=
            "\(removed.count) of \(all) calls removed (\(percent(removed.count, of: all))), "
            + "\(added.count) added, \(logged.count) logged\n"
        for call in removed { text += "- \(call)\n" }
        for call in added { text += "+ \(call)\n" }
        for call in logged { text += "~ \(call)\n" }
        return say(text)
    } catch {
        report(error)
        return 1
    }
}

/// `profile canary`, `enforce` and `allow`.
func rewriteProfile(
    _ request: Invocation.ProfileChangeRequest, step: String,
    _ change: (inout LearnedProfile, ResolvedProfile) throws(ProfileError) -> Void
) -> Int32 {
    do {
        let base = try profileStore(installation()).profile(for: "default")
        let path = "\(MachineProfiles.directory)/\(request.name).json"
        let bytes = try open(path, .nonBlocking).readAll(limit: 1 << 20)
        var profile = try LearnedProfile(Profile(parsing: bytes, file: path), of: base)
        try change(&profile, base)
        try changeProfile(request, step: step, profile.json(of: base))
        return say("\(path): \(step); new launches get it\n")
    } catch let error as any Diagnosable {
        report(error)
    } catch {
        report("\(error)", hint: "learn it first: bulkhead profile learn NAME -- COMMAND")
    }
    return 1
}

/// Has the supervisor write a profile and record that; where none runs it is written here, and said that
/// nobody recorded it.
func changeProfile(
    _ request: Invocation.ProfileChangeRequest, step: String, _ text: String
) throws {
    do throws(ClientError) {
        let supervisor = try Supervisor(
            at: request.socket ?? environmentVariable("BULKHEAD_SOCKET")
                ?? "/run/bulkhead/control.sock")
        _ = try supervisor.call(
            "ProfileChange",
            [
                "profile": .string(request.name), "step": .string(step), "content": .string(text),
                "reason": request.reason.map { .string($0) },
            ])
        return
    } catch {
        guard case .unreachable(_, let errno) = error, errno == .ENOENT || errno == .ECONNREFUSED
        else { throw error }
    }
    try MachineProfiles.write(request.name, Array(text.utf8))
    write("bulkhead: no supervisor runs, so that nobody recorded this\n", to: .standardError)
}
