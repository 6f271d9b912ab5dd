internal import Arguments
internal import Plan
internal import Syscalls

/// `bulkhead audit`: bulkhead-audit does it.
///
/// - Returns: the exit status.
func review(_ request: AuditRequest) -> Int32 {
    let now = realtimeNanoseconds() / 1_000
    do throws(ArgumentsError) {
        return runProgram(
            "bulkhead-audit", at: installation().auditReaderCandidates,
            try request.arguments { $0.microseconds(before: now) })
    } catch {
        report(error)
        return 2
    }
}
