internal import Plan
internal import Seccomp
internal import Syscalls

/// Our own files: without them there is nothing to launch with.
enum InstallationFindings {
    static func all(
        _ installation: Installation, _ store: ProfileStore, _ files: HostFiles
    ) -> [Finding] {
        [initFinding(installation, files), profile(store)]
    }

    private static let advice = "install the whole of Bulkhead: scripts/install"

    private static func initFinding(_ installation: Installation, _ files: HostFiles) -> Finding {
        let subject = "bulkhead-init"
        let found = installation.initCandidates.first { files.kind($0) == .regular }
        if let found { return Finding(.ok, subject, found) }
        let places = installation.initCandidates.joined(separator: ", ")
        return Finding(.missing, subject, "not at \(places)", advice)
    }

    /// Read and compiled as a run would, but without its cache, which would leave a file behind.
    private static func profile(_ store: ProfileStore) -> Finding {
        let subject = "seccomp profile"
        do throws(ProfileError) {
            let program = try SeccompProgram(compiling: try store.profile(for: "default"))
            return Finding(.ok, subject, "default: \(program.count) instructions")
        } catch {
            var advice = error.hint
            if case .unknown = error { advice = Self.advice }
            return Finding(.missing, subject, error.message, advice)
        }
    }
}
