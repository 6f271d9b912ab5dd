internal import Syscalls

/// Scopes of runs that were killed while systemd made them.
///
/// systemd moves a process into its scope by writing its number to `cgroup.procs`, and the kernel
/// takes the number of a zombie without moving anything. Such a scope has never had a process, so
/// it never becomes empty, and systemd keeps it for ever. The next run takes it away.
enum AbandonedScopes {
    /// How old a scope without processes must be. systemd makes one and moves the process in a
    /// single step of its only thread.
    static let nanosecondsMin: Int64 = 15_000_000_000

    /// How many are taken away at once, to bound what one run does for others.
    private static let unitsMax = 16

    /// The names of the units, for scopes in the slice at `slice`.
    static func units(in slice: String, on files: HostFiles, now: Int64) -> [String] {
        guard let directory = files.cgroup2(slice), let names = try? directory.names() else {
            return []  // No slice, no scopes.
        }
        let abandoned = names.lazy.filter { name in
            guard name.hasPrefix("bulkhead-run-"), name.hasSuffix(".scope"),
                let made = try? FileStatus(at: directory.number, path: name).modified,
                now - made >= nanosecondsMin,
                let events = try? directory.readFile("\(name)/cgroup.events")
            else { return false }  // Gone meanwhile, or not ours.
            return events.split(separator: "\n").contains("populated 0")
        }
        return Array(abandoned.prefix(unitsMax))
    }
}
