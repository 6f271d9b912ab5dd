internal import CLinux

/// Warnings of the kernel that a quota is reached: quotactl(2), Documentation/filesystems/quota.rst.
public struct QuotaWarnings: ~Copyable, Sendable {
    public struct Warning: Hashable, Sendable {
        /// Of the project, in the sense of project quotas.
        public let projectID: UInt32
        public let major: UInt32
        public let minor: UInt32
        /// Inodes, or bytes.
        public let isOfInodes: Bool
    }

    public let descriptor: FileDescriptor

    /// Throws `ENOENT` where the kernel has no such interface (CONFIG_QUOTA_NETLINK_INTERFACE, or the
    /// quota module is not loaded).
    public init() throws(SystemCallError) {
        descriptor = FileDescriptor(
            owning: CInt(try checked("netlink VFS_DQUOT", on: "quotas") { bh_quota_warnings() }))
    }

    /// What has come: that hard limits of projects were reached. Bounded, so that others get their turn.
    public func take() -> [Warning] {
        var found: [Warning] = []
        for _ in 0..<Self.readsMax {
            var raw = bh_quota_warning()
            let result = bh_quota_warning(descriptor.number, &raw)
            // ENOBUFS: some were lost, the next is there.
            if result < 0 && result != -105 { break }
            if result != 1 || raw.type != Self.projectQuota { continue }
            let isOfInodes = Self.inodesReached.contains(raw.warning)
            if !isOfInodes && !Self.spaceReached.contains(raw.warning) { continue }
            found.append(
                Warning(
                    projectID: UInt32(truncatingIfNeeded: raw.id), major: raw.major,
                    minor: raw.minor, isOfInodes: isOfInodes))
        }
        return found
    }

    private static let readsMax = 256
    /// PRJQUOTA, and of linux/quota.h: QUOTA_NL_IHARDWARN, QUOTA_NL_BHARDWARN.
    private static let projectQuota: UInt32 = 2
    private static let inodesReached: Set<UInt32> = [1]
    private static let spaceReached: Set<UInt32> = [4]
}
