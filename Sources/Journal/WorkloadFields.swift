public import Plan

/// The fields that every line of a run has in the journal, as bytes that go before its message: init
/// knows nothing of them.
///
/// They say what the supervisor meant the process to be. That it was really one of that project says
/// only the field `_SYSTEMD_UNIT`, which journald adds itself: systemd.journal-fields(7).
public func workloadFields(
    project: ProjectName, workload: WorkloadName, run: RunID
) -> [UInt8] {
    var record = JournalRecord()
    record.append("SYSLOG_IDENTIFIER", "\(project.text)/\(workload.text)")
    record.append("BULKHEAD_PROJECT", project.text)
    record.append("BULKHEAD_WORKLOAD", workload.text)
    record.append("BULKHEAD_RUN", run.description)
    return record.bytes
}
