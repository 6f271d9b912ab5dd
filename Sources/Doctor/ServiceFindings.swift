internal import Syscalls

/// What runs beside the kernel: systemd, its journal; and our own files.
enum ServiceFindings {
    /// sd_booted(3): the directory is there exactly where systemd is the init.
    static func systemd(_ files: HostFiles, version: String?) -> Finding {
        if files.kind("/run/systemd/system") != .directory {
            let other = files.text("/proc/1/comm") ?? "unknown"
            return Finding(
                .ok, "systemd", "not the init here (that is \(other)): cgroups are made directly")
        }
        guard let version else { return Finding(.ok, "systemd", "is the init") }
        let number = Int(version.prefix { $0.isNumber }) ?? 0
        // PIDFDs in scopes and Delegate= of what we need are in all that Debian 12 and later have.
        if number > 0, number < 249 {
            return Finding(
                .degraded, "systemd", "\(version), older than any that this was tested with",
                "use systemd 249 or later")
        }
        return Finding(.ok, "systemd", version)
    }

    static func journal(_ files: HostFiles) -> Finding {
        if files.kind("/run/systemd/journal/socket") == .socket {
            return Finding(.ok, "journal", "journald takes records")
        }
        return Finding(
            .degraded, "journal", "no journald: nothing keeps the records of runs",
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
