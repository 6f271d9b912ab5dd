import Plan
import Testing

@Suite struct InstallationTests {
    @Test(arguments: [
        (
            "/usr/bin/bulkhead", "/usr/libexec/bulkhead/bulkhead-init",
            "/usr/share/bulkhead/profiles"
        ),
        (
            "/usr/local/sbin/bulkhead", "/usr/local/libexec/bulkhead/bulkhead-init",
            "/usr/local/share/bulkhead/profiles"
        ),
        ("/bin/bulkhead", "/libexec/bulkhead/bulkhead-init", "/share/bulkhead/profiles"),
        (
            "/src/tree/out/release/bulkhead", "/src/tree/out/release/bulkhead-init",
            "/src/tree/profiles"
        ),
        (
            "/src/tree/.build/x86_64-unknown-linux-gnu/debug/bulkhead",
            "/src/tree/.build/x86_64-unknown-linux-gnu/debug/bulkhead-init", "/src/tree/profiles"
        ),
        ("/out/release/bulkhead", "/out/release/bulkhead-init", "/profiles"),
        ("/tmp/x/bulkhead", "/tmp/x/bulkhead-init", "/tmp/x/profiles"),
        ("/bulkhead", "/bulkhead-init", "/profiles"),
    ])
    func itsFilesAreFoundByWhereTheProgramIs(
        executable: String, initPath: String, profiles: String
    ) {
        let installation = Installation(executable: executable)
        #expect(installation.initCandidates == [initPath])
        #expect(installation.profileCandidates == [profiles])
    }
}
