internal import Plan
internal import Syscalls

/// A read-only tmpfs with copies of files that only `owner` may read.
///
/// The contents pass through our memory and into that file system, and nowhere else.
func secretTree(
    _ secrets: [Secret], owner: (user: UInt32, group: UInt32)
) throws(MountError) -> DetachedMount {
    var contents: [[UInt8]] = []
    // The memory of a tmpfs is counted in pages.
    var pages = 1
    for secret in secrets {
        let bytes = try read(secret)
        pages += bytes.count / 4_096 + 2
        contents.append(bytes)
    }
    let quiet: MountAttributes = [.noSetUserID, .noDevices, .noExecute]
    do {
        let tree = try DetachedMount(
            tmpfs: [
                ("source", "tmpfs"), ("size", String(pages * 4_096)),
                ("nr_inodes", String(secrets.count + 2)), ("mode", "0500"),
                ("uid", String(owner.user)), ("gid", String(owner.group)),
            ], attributes: quiet)
        let directory = try Directory(opening: ".", at: tree.descriptor.number)
        for (secret, bytes) in zip(secrets, contents) {
            try directory.createFile(secret.name.text, containing: bytes, mode: 0o400)
            try directory.setOwner(secret.name.text, user: owner.user, group: owner.group)
        }
        try tree.set(quiet.union(.readOnly), path: "secrets")
        return tree
    } catch { throw .failed(error) }
}

/// The content of a secret's file; whoever may write the directories of its path may not lead us
/// elsewhere by a link, nor hold us up by a pipe.
private func read(_ secret: Secret) throws(MountError) -> [UInt8] {
    let reason: String
    do throws(SystemCallError) {
        let file = try open(secret.path, [.readOnly, .nonBlocking], resolve: .noSymlinks)
        let kind = try file.status().kind
        if kind == .regular { return try file.readAll(limit: secretSizeMax) }
        reason = "it is a \(kind)"
    } catch {
        reason = error.errno == .EFBIG ? "it is larger than 1 MiB" : "\(error.errno)"
    }
    throw .secretUnreadable(name: secret.name.text, path: secret.path, reason: reason)
}

/// In bytes: a key store fits, a data set does not belong here.
private let secretSizeMax = 1 << 20
