import Seccomp

/// Any bytes as a profile: parsed, resolved, compiled and described, or refused with an error of one
/// line. What is accepted means the same after a way through the OCI form.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    do throws(ProfileError) {
        let profile = try resolve(bytes)
        let program = try SeccompProgram(compiling: profile)
        precondition((5...4_096).contains(program.count))
        let described = profile.describe() + profile.summary(of: program)
        precondition(described.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
        guard let again = try? resolve(Array(profile.ociJSON().utf8)),
            let programAgain = try? SeccompProgram(compiling: again)
        else { preconditionFailure("the OCI form of a profile is none:\n\(profile.ociJSON())") }
        precondition(programAgain.digest == program.digest)
    } catch {
        let lines = [error.message, error.hint ?? ""]
        precondition(lines.joined().unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }
    return 0
}

/// Parents are found by name: `base`, and `self`, which is the input again.
private func resolve(_ bytes: [UInt8]) throws(ProfileError) -> ResolvedProfile {
    try ResolvedProfile(try Profile(parsing: bytes, file: "input"), name: "input") {
        (parent) throws(ProfileError) in
        try Profile(parsing: parent.name == "self" ? bytes : base, file: parent.name)
    }
}

private let base = Array(
    """
    {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
     {"names": ["execve", "write", "exit_group", "ioctl"], "action": "SCMP_ACT_ALLOW"}]}
    """.utf8)
