internal import Syscalls

/// A whole disk, by its device numbers: what `io.max` takes.
struct BlockDevice: Hashable, Sendable, CustomStringConvertible {
    let major: UInt32
    let minor: UInt32

    /// `8:0`.
    var description: String { "\(major):\(minor)" }

    init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// The disk that holds the file system of `path`, or that `path` is a device node of. Throws
    /// `noBlockDevice` where there is none.
    init(holding path: String, on host: HostFiles) throws(CgroupError) {
        let status: FileStatus
        do throws(SystemCallError) { status = try FileStatus(path: host.at(path)) } catch {
            throw .noBlockDevice(path: path, reason: "\(error.errno)")
        }
        if status.kind == .blockDevice {
            self.init(major: status.nodeMajor, minor: status.nodeMinor)
        } else {
            self.init(major: status.deviceMajor, minor: status.deviceMinor)
        }
        self = try wholeDisk(path: path, host)
    }

    /// The kernel limits disks and refuses partitions with ENODEV.
    func wholeDisk(path: String, _ host: HostFiles) throws(CgroupError) -> BlockDevice {
        if major == 0 {
            throw .noBlockDevice(
                path: path,
                reason:
                    "its file system is not on one block device (overlay, tmpfs, btrfs, network)"
            )
        }
        let entry = "/sys/dev/block/\(self)"
        if !host.exists(entry) {
            throw .noBlockDevice(
                path: path, reason: "block device \(self) is not in /sys/dev/block")
        }
        if !host.exists("\(entry)/partition") { return self }
        // The entry is a link to the partition's directory, which lies in that of its disk.
        let text = host.read("\(entry)/../dev") ?? ""
        let numbers = text.split { $0 == ":" || $0 == "\n" }.compactMap { UInt32($0) }
        guard numbers.count == 2 else {
            throw .noBlockDevice(path: path, reason: "the disk of partition \(self) is unknown")
        }
        return BlockDevice(major: numbers[0], minor: numbers[1])
    }
}
