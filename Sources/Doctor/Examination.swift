public import Plan
public import Seccomp
internal import Cgroups
internal import Syscalls
internal import Tracing

/// Looks at everything on this machine that matters to `bulkhead run`, changing nothing.
///
/// - Parameters:
///   - installation: where this program's files may be.
///   - profiles: where `bulkhead run` takes seccomp profiles from.
///   - denials: how the supervisor that runs does in naming what is denied.
/// - Returns: findings in the order in which they are worth reading.
public func examine(
    _ installation: Installation, profiles: ProfileStore, denials: () -> SupervisorAnswer
) -> [Finding] {
    let files = HostFiles(root: "")
    let storage = StorageFindings(
        table: MountTable(parsing: files.text("/proc/self/mountinfo") ?? ""),
        // Gone: then there is no file system below it to look at.
        currentDirectory: try? currentDirectoryPath())
    var findings = [KernelFindings.version(files.text("/proc/sys/kernel/osrelease"))]
    findings += PrivilegeFindings.privileges(
        user: effectiveUserID(), capabilities: effectiveCapabilities())
    findings += InstallationFindings.all(installation, profiles, files)
    findings += KernelFindings.calls()
    findings += NamespaceFindings.namespaces()
    if let limit = NamespaceFindings.userNamespaceLimit(files) { findings.append(limit) }
    findings += NamespaceFindings.mounts()
    findings += FenceFindings.seccomp()
    findings.append(
        DenialFindings.denials(
            user: effectiveUserID(), logged: LoggedActions.current(), ask: denials
        ) { () throws(DenialsUnseen) in try DenialTracer().detach() })
    findings += [FenceFindings.landlock(), FenceFindings.securityModules(files)]
    findings += CgroupFindings.all(files)
    findings.append(ServiceFindings.pressure(files))
    findings += storage.all()
    findings += [
        ServiceFindings.systemd(files, version: systemdVersion), ServiceFindings.journal(files),
    ]
    return findings
}
