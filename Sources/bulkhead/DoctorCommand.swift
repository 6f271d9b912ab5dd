internal import Doctor
internal import Plan
internal import Syscalls

/// `bulkhead doctor`.
///
/// - Returns: the exit status: 1 where `bulkhead run` with its defaults would be refused.
func examineHost(json: Bool) -> Int32 {
    let findings = examine(installation(), profiles: profileStore(installation()))
    let isTerminal = isTerminal(Stream.standardOutput.rawValue)
    let status = say(json ? findings.json : findings.table(coloured: isTerminal))
    return findings.refusesRun ? 1 : status
}

/// Where the files of this very program are.
func installation() -> Installation {
    // Where /proc is absent, what is usual is as good as anything: doctor says that it is absent.
    Installation(executable: (try? linkTarget("/proc/self/exe")) ?? "/usr/bin/bulkhead")
}
