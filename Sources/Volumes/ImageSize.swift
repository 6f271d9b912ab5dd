/// How large an image has to be for so many bytes of files: mke2fs(8). Pure.
enum ImageSize {
    static let blockSize: UInt64 = 4_096

    /// How much more room there may be than was asked for.
    static func tolerance(_ bytes: UInt64) -> UInt64 { max(262_144, bytes / 100) }

    /// How many inodes it is made with: mke2fs's own measure, one for 16 KiB, where there is no limit. Some
    /// are its own.
    static func inodes(limit: UInt64?, bytes: UInt64) -> UInt64 {
        (limit ?? max(bytes / 16_384, 256)) + 64
    }

    /// In mebibytes: as small as can be for small ones, and enough that larger ones are not slowed down.
    static func journal(bytes: UInt64) -> UInt64 {
        switch bytes >> 20 {
        case ..<256: 4
        case ..<4_096: 16
        default: 64
        }
    }

    /// What is tried first: the files, 256 bytes an inode, the journal, what the kernel keeps back, maps.
    static func guess(bytes: UInt64, inodes: UInt64) -> UInt64 {
        let kept = min(bytes / 50, 4_096 * blockSize)
        let maps = bytes / 8_192 + (1 << 20)
        let size = bytes + inodes * 256 + journal(bytes: bytes) << 20 + kept + maps
        return (size + blockSize - 1) / blockSize * blockSize
    }

    /// By how much the size is to be changed; 0: it fits.
    static func correction(usable: UInt64, wanted: UInt64) -> Int64 {
        let most = wanted + tolerance(wanted)
        if usable >= wanted && usable <= most { return 0 }
        let middle = wanted + tolerance(wanted) / 2
        let difference = Int64(clamping: middle) - Int64(clamping: usable)
        // What the kernel keeps back grows along.
        return difference / Int64(blockSize) * Int64(blockSize)
    }

    /// For mkfs.ext4; the file's name follows.
    static func arguments(
        identity: String, inodes: UInt64, size: UInt64, hasQuota: Bool
    ) -> [String] {
        var extended = "lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner=0:0"
        if hasQuota { extended += ",quotatype=prjquota" }
        return [
            "-q", "-F", "-b", String(blockSize), "-I", "256", "-N", String(inodes),
            // No blocks for root alone: an overlay writes as root.
            "-m", "0", "-U", uuid(identity), "-J", "size=\(journal(bytes: size))",
        ] + (hasQuota ? ["-O", "project,quota"] : []) + ["-E", extended]
    }

    /// 32 digits as a UUID is written.
    static func uuid(_ identity: String) -> String {
        var text = ""
        for (index, digit) in identity.enumerated() {
            if [8, 12, 16, 20].contains(index) { text += "-" }
            text.append(digit)
        }
        return text
    }
}
