/// A compiled filter, as seccomp(2) `SECCOMP_SET_MODE_FILTER` takes it.
public struct SeccompProgram: Hashable, Sendable {
    /// Struct sock_filter after struct sock_filter, 8 bytes each, at most 4,096 of them.
    public let instructions: [UInt8]
    /// The name or path it was asked for by.
    public let profile: String
    /// `sha256:` and 64 hexadecimal digits over the instructions: equal filters have equal digests.
    public let digest: String

    /// The number of instructions.
    public var count: Int { instructions.count / Instruction.size }

    /// Compiles a profile; about a millisecond.
    public init(compiling profile: ResolvedProfile) throws(ProfileError) {
        let bytes = Instruction.encode(try Compiler(profile).program())
        self.init(
            instructions: bytes, profile: profile.name, digest: "sha256:\(SHA256.hex(of: bytes))")
    }

    init(instructions: [UInt8], profile: String, digest: String) {
        self.instructions = instructions
        self.profile = profile
        self.digest = digest
    }
}
