internal import Plan
internal import Syscalls

/// Our own files: without them there is nothing to launch with.
enum InstallationFindings {
    static func all(_ installation: Installation, _ files: HostFiles) -> [Finding] {
        [initFinding(installation, files), profiles(installation, files)]
    }

    private static let advice = "install the whole of Bulkhead: scripts/install"

    private static func initFinding(_ installation: Installation, _ files: HostFiles) -> Finding {
        let subject = "bulkhead-init"
        let found = installation.initCandidates.first { files.kind($0) == .regular }
        if let found { return Finding(.ok, subject, found) }
        let places = installation.initCandidates.joined(separator: ", ")
        return Finding(.missing, subject, "not at \(places)", advice)
    }

    private static func profiles(_ installation: Installation, _ files: HostFiles) -> Finding {
        let subject = "profiles"
        let found = installation.profileCandidates.first {
            files.kind("\($0)/default.json") == .regular
        }
        if let found { return Finding(.ok, subject, found) }
        return Finding(
            .missing, subject,
            "no default.json in \(installation.profileCandidates.joined(separator: ", "))", advice)
    }
}
