internal import Plan

/// The fields that every line of a run has in the journal, as bytes that go before its message: init
/// knows nothing of them. No name has a character that could end a field.
///
/// They say what the supervisor meant the process to be. That it was really one of that project says
/// only the field `_SYSTEMD_UNIT`, which journald adds itself: systemd.journal-fields(7).
func workloadFields(project: ProjectName, workload: WorkloadName, run: RunID) -> [UInt8] {
    var text = "PRIORITY=6\nSYSLOG_IDENTIFIER=\(project)/\(workload)\n"
    text += "BULKHEAD_PROJECT=\(project)\nBULKHEAD_WORKLOAD=\(workload)\n"
    text += "BULKHEAD_RUN=\(run)\n"
    return Array(text.utf8)
}
