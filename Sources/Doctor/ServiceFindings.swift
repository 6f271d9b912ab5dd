internal import Cgroups
internal import Syscalls

/// What runs beside the kernel: systemd, its journal; and our own files.
enum ServiceFindings {
    /// Runs are made by systemd where it is the init, so there it has to answer.
    static func systemd(
        _ files: HostFiles, version: () throws(CgroupError) -> String
    ) -> Finding {
        let subject = "systemd"
        // sd_booted(3): the directory is there exactly where systemd is the init.
        if files.kind("/run/systemd/system") != .directory {
            let other = files.text("/proc/1/comm") ?? "unknown"
            return Finding(
                .ok, subject, "not the init here (that is \(other)): cgroups are made directly")
        }
        do throws(CgroupError) {
            let version = try version()
            let number = Int(version.prefix { $0.isNumber }) ?? 0
            if number > 0, number < versionLeast {
                return Finding(
                    .degraded, subject, "\(version), older than any that Bulkhead was tried with",
                    "use systemd \(versionLeast) or later")
            }
            return Finding(.ok, subject, "\(version) answers")
        } catch {
            return Finding(.missing, subject, error.message, error.hint)
        }
    }

    /// That of Debian 12.
    private static let versionLeast = 252

    static func journal(_ files: HostFiles) -> Finding {
        if files.kind("/run/systemd/journal/socket") == .socket {
            return Finding(.ok, "journal", "journald takes records")
        }
        return Finding(
            .degraded, "journal",
            "no journald: nothing keeps the output of runs, and the ledger alone the audit trail",
            "start systemd-journald")
    }

    static func pressure(_ files: HostFiles) -> Finding {
        let names = ["cpu", "memory", "io"].filter { files.text("/proc/pressure/\($0)") != nil }
        if names.count == 3 { return Finding(.ok, "pressure", names.joined(separator: ", ")) }
        return Finding(
            .degraded, "pressure", "no pressure stall information",
            "add psi=1 to the kernel's command line")
    }
}
