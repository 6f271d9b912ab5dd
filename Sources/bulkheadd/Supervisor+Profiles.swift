internal import Audit
internal import Crypto
internal import JSONTree
internal import Launch
internal import Ledger
internal import Plan
internal import Seccomp
internal import Syscalls
internal import Varlink

/// Profiles of the machine, changed by its administrator.
extension Supervisor {
    /// What is wrong with the content is found before anything is written; and what it changes is written
    /// down before it is done, so that no change is without its record.
    func changeProfile(_ call: Call) throws {
        if call.peer.user != 0 {
            throw Failure.failed(
                "profiles are the machine's: only root changes them", hint: "run it with sudo")
        }
        let name = call.parameters["profile"]?.string ?? ""
        let reference = try ProfileReference(parsing: name, base: nil, for: "profile")
        if reference.isPath || name == "default"
            || host.resources.profiles.shippedPath(of: name) != nil
        {
            throw Failure.failed("this profile is not to be changed", hint: "name another")
        }
        let word = call.parameters["step"]?.string ?? ""
        guard let step = LearnedProfile.Step(rawValue: word) else {
            throw Failure.failed(
                "\(quoted(word)) is no step", hint: "learn, canary, enforce or allow")
        }
        let content = Array((call.parameters["content"]?.string ?? "").utf8)
        let base = try host.resources.profiles.profile(for: "default")
        let profile = try Profile(parsing: content, file: "\(name).json")
        let learned = try LearnedProfile(profile, of: base)
        if !learned.isAll(of: profile, of: base) {
            throw Failure.failed(
                "the profile is not as bulkhead profile writes it",
                hint: "change the file itself: \(MachineProfiles.directory)/\(name).json")
        }
        guard let lock = try MachineProfiles.lock() else {
            throw Failure.profileConflict(name, "is being changed by somebody else")
        }
        let before = try MachineProfiles.read(name)
        let known = call.parameters["previous"]?.string ?? MachineProfiles.digest(of: nil)
        if known != MachineProfiles.digest(of: before) {
            throw Failure.profileConflict(name, "is not what it was when the change was made")
        }
        let there = before.flatMap { try? Profile(parsing: $0, file: "\(name).json") }
        let old = there.flatMap { try? LearnedProfile($0, of: base) }
        if let reason = learned.refusal(of: step, from: old) {
            throw Failure.failed("\(name): this is not what \(step) does: \(reason)")
        }
        var change = learned.changes(from: old)
        if let before, old == nil {
            change = try changes(by: learned, profile, replacing: before, there)
        }
        try recordAccepted("\(name) \(change)")
        try MachineProfiles.write(name, content, lock)
        for held in sandboxes.values { held.sandbox.forgetFilters() }
        call.reply(["sha256": .string(hexadecimal(try Digest().hash(content)))])
    }

    /// What a learned profile changes where one that was made by hand, or by another program, was there.
    ///
    /// - Parameter other: nil: what was there could not be used.
    private func changes(
        by learned: LearnedProfile, _ profile: Profile, replacing content: [UInt8],
        _ other: Profile?
    ) throws -> String {
        let store = host.resources.profiles
        let digest = MachineProfiles.digest(of: content)
        let text = "replaces a profile of another making, SHA-256 \(digest)"
        guard let other, let before = try? store.resolved(other, name: other.file) else {
            return "\(text), which could not be used; \(learned.changes(from: nil))"
        }
        let now = try store.resolved(profile, name: profile.file)
        return "\(text); \(learned.changes(from: before, as: now))"
    }
}
