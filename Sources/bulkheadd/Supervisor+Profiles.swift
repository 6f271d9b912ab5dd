internal import Crypto
internal import JSONTree
internal import Launch
internal import Plan
internal import Seccomp
internal import Syscalls
internal import Varlink

/// Profiles of the machine, changed by its administrator.
extension Supervisor {
    /// What is wrong with the content is found before anything is written; the record is `serveAction`'s.
    func changeProfile(_ call: Call) throws {
        if call.peer.user != 0 {
            throw Failure.failed(
                "profiles are the machine's: only root changes them", hint: "run it with sudo")
        }
        let name = call.parameters["profile"]?.string ?? ""
        let reference = try ProfileReference(parsing: name, base: nil, for: "profile")
        if reference.isPath || name == "default" {
            throw Failure.failed("this profile is not to be changed", hint: "name another")
        }
        let content = Array((call.parameters["content"]?.string ?? "").utf8)
        let profile = try Profile(parsing: content, file: "\(name).json")
        let base = try host.resources.profiles.profile(for: "default")
        _ = try LearnedProfile(profile, of: base)
        try MachineProfiles.write(name, content)
        for held in sandboxes.values { held.sandbox.forgetFilters() }
        call.reply(["sha256": .string(hexadecimal(try Digest().hash(content)))])
    }
}
