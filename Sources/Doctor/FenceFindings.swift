internal import Syscalls

/// What stops a process that is inside: seccomp, Landlock, the security modules.
enum FenceFindings {
    static func seccomp() -> [Finding] {
        let questions = Probe.SeccompAction.allCases.map { action in
            ("\(action)", { () throws(SystemCallError) in try Probe.seccomp(action) })
        }
        return KernelFindings.answers("seccomp", questions) { _ in
            "boot a kernel with CONFIG_SECCOMP_FILTER"
        }
    }

    static func landlock() -> Finding {
        let subject = "Landlock"
        do throws(SystemCallError) {
            return Finding(.ok, subject, "ABI \(try Probe.landlock())")
        } catch {
            let found = "none (\(error.errno)): mounts alone fence the file system"
            switch error.errno {
            case .EOPNOTSUPP:
                return Finding(
                    .degraded, subject, found, "add landlock to lsm= on the kernel's command line")
            default:
                return Finding(
                    .degraded, subject, found, "boot a kernel with CONFIG_SECURITY_LANDLOCK")
            }
        }
    }

    static func securityModules(_ files: HostFiles) -> Finding {
        let subject = "security modules"
        guard let list = files.text("/sys/kernel/security/lsm") else {
            return Finding(
                .degraded, subject, "unknown: securityfs is not mounted",
                "mount -t securityfs securityfs /sys/kernel/security")
        }
        return Finding(.ok, subject, list.split(separator: ",").joined(separator: ", "))
    }
}
