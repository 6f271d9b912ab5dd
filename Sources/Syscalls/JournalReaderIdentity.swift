/// Becomes a user who may read the journal and nothing else, for a program that looks into files that
/// others may have damaged. Without root there is nothing to give up: it is somebody who tries it out.
///
/// - Returns: false, and nothing has changed, where the group that may read the journal does not exist.
public func becomeJournalReader() throws(SystemCallError) -> Bool {
    if effectiveUserID() != 0 { return true }
    guard let group = try groupNumber(journalGroup) else { return false }
    try become(user: nobody, group: group)
    return true
}

/// Becomes the user without rights, for a program that does what an operator's file says and needs
/// nothing of ours. Without root there is nothing to give up.
public func becomeNobody() throws(SystemCallError) {
    if effectiveUserID() == 0 { try become(user: nobody, group: nobody) }
}

/// Who may read the journal beside root: systemd-journald.service(8).
public let journalGroup = "systemd-journal"
/// The user without rights: systemd, UIDS-GIDS.md.
private let nobody: UInt32 = 65_534
