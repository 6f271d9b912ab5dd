internal import Plan
internal import Syscalls
internal import Volumes

/// What of this host matters to volumes.
extension HostServices {
    func volumeChoice(
        _ policy: ProjectPolicy, existing: VolumeRecord?, disk: Bytes?, inodes: UInt64?,
        _ places: VolumePlaces
    ) throws -> VolumeChoice {
        var quotaAtPath = false
        var typeAtPath = "a file system"
        // Only where it matters: a directory that cannot be opened fails later, in better words.
        if disk != nil || inodes != nil, let directory = try? open(policy.path, .directory) {
            quotaAtPath = try directory.enforcesProjectQuota()
            typeAtPath = FileSystemName.of(try directory.fileSystemType())
        }
        var quotaAtHome = false
        if policy.storage != .direct || disk != nil || inodes != nil {
            quotaAtHome = try open(options.state, .directory).enforcesProjectQuota()
        }
        return VolumeChoice(
            project: policy.name, form: policy.storage, wanted: policy.volumeKind,
            existing: existing?.kind, disk: disk, inodes: inodes, quotaAtPath: quotaAtPath,
            quotaAtHome: quotaAtHome,
            hasLoopDevices: (try? open("/dev/loop-control", .readWrite)) != nil,
            typeAtPath: typeAtPath)
    }

    /// 32 hexadecimal digits that nobody else has: a random UUID, RFC 9562 section 5.4.
    func newIdentity() -> String {
        // The kernel's generator does not fail once the machine has started.
        var bytes = (try? randomBytes(16)) ?? [UInt8](repeating: 0, count: 16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether nothing counts for it there; where nothing is counted at all, nothing does.
    func isUnused(projectID id: UInt32, onFileSystemOf path: String) throws -> Bool {
        let directory = try open(path, .directory)
        guard try directory.enforcesProjectQuota() else { return true }
        let found = try directory.quota(ofProject: id)
        return found.bytes == 0 && found.inodes == 0 && found.bytesMax == nil
            && found.inodesMax == nil
    }

    /// Projects at whose place something is mounted, or was.
    func mountedVolumes(_ places: VolumePlaces) -> [ProjectName] {
        guard let directory = try? Directory(opening: places.mounts, resolve: .noSymlinks),
            let names = try? directory.names()
        else { return [] }
        return names.sorted().compactMap { try? ProjectName($0) }
    }

    /// Projects of which something is kept, whether they are still there or not.
    func volumeHomes(_ places: VolumePlaces) -> [ProjectName] {
        guard let directory = try? Directory(opening: places.homes, resolve: .noSymlinks),
            let names = try? directory.names()
        else { return [] }
        return names.compactMap { try? ProjectName($0) }
    }

    /// Files with images that were found damaged, in the project's home.
    func quarantined(of project: ProjectName, _ places: VolumePlaces) -> [String] {
        guard
            let directory = try? Directory(
                opening: places.home(of: project), resolve: .noSymlinks),
            let names = try? directory.names()
        else { return [] }
        return names.filter(VolumePlaces.isQuarantined).sorted()
    }

    /// For helpers of ours.
    var helperEnvironment: [String] {
        var list = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]
        if let fault = environmentVariable("BULKHEAD_VOLUME_FAULT") {
            list.append("BULKHEAD_VOLUME_FAULT=\(fault)")
        }
        return list
    }
}

/// Names of file systems by the magic numbers that statfs(2) tells.
enum FileSystemName {
    static func of(_ magic: UInt32) -> String {
        switch magic {
        case 0xEF53: "ext4"
        case 0x5846_5342: "xfs"
        case 0x9123_683E: "btrfs"
        case 0x0102_1994: "tmpfs"
        case 0x794C_7630: "an overlay"
        case 0x6969: "NFS"
        case 0x2FC1_2FC1: "ZFS"
        default: "a file system"
        }
    }
}
