internal import CLinux

/// A block device that a regular file is behind: loop(4). The kernel lets go of the file with the last
/// that uses the device.
public struct LoopDevice: ~Copyable, Sendable {
    public let descriptor: FileDescriptor
    /// `/dev/loop3`.
    public let path: String

    private init(_ descriptor: consuming FileDescriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// How often another process may take the device that was just free.
    private static let attemptsMax = 64

    /// A device for `file`, which is at `name`. The corresponding calls are ioctl(2) with
    /// `LOOP_CTL_GET_FREE` and `LOOP_CONFIGURE`.
    public init(
        backedBy file: borrowing FileDescriptor, name: String
    ) throws(SystemCallError) {
        let control = try open("/dev/loop-control", .readWrite)
        let backing = file.number
        var attempt = 0
        while true {
            let number = try checked("ioctl LOOP_CTL_GET_FREE", on: "/dev/loop-control") {
                bh_loop_free(control.number)
            }
            let path = "/dev/loop\(number)"
            do throws(SystemCallError) {
                let device = try open(path, .readWrite)
                let loop = device.number
                // Without the page cache in between, where the file below can do that.
                do {
                    try checked("ioctl LOOP_CONFIGURE", on: path) {
                        bh_loop_configure(loop, backing, name, 1)
                    }
                } catch  where error.errno == .EINVAL {
                    try checked("ioctl LOOP_CONFIGURE", on: path) {
                        bh_loop_configure(loop, backing, name, 0)
                    }
                }
                self.init(device, path: path)
                return
            } catch {
                attempt += 1
                // EBUSY: somebody else was first.
                if error.errno != .EBUSY || attempt == Self.attemptsMax { throw error }
            }
        }
    }

    /// The device at `path`, whatever it has.
    public init(opening path: String) throws(SystemCallError) {
        self.init(try open(path, .readWrite), path: path)
    }

    /// Whether this file is what it has. The corresponding call is ioctl(2) with `LOOP_GET_STATUS64`.
    public func has(_ file: borrowing FileDescriptor) throws(SystemCallError) -> Bool {
        let loop = descriptor.number
        let backing = file.number
        do {
            return try checked("ioctl LOOP_GET_STATUS64", on: path) { bh_loop_has(loop, backing) }
                == 1
        } catch  where error.errno == .ENXIO { return false }
    }

    /// Takes the size that its file has now. The corresponding call is ioctl(2) with
    /// `LOOP_SET_CAPACITY`.
    public func refreshSize() throws(SystemCallError) {
        let loop = descriptor.number
        try checked("ioctl LOOP_SET_CAPACITY", on: path) { bh_loop_refresh(loop) }
    }
}

extension FileDescriptor {
    /// Lets the ext4 file system of this file have so many blocks of its size, more than it has. The
    /// corresponding call is ioctl(2) with `EXT4_IOC_RESIZE_FS`, as resize2fs(8) makes it.
    public func growExt4(toBlocks count: UInt64) throws(SystemCallError) {
        try checked("ioctl EXT4_IOC_RESIZE_FS", on: "descriptor \(number)") {
            bh_ext4_resize(number, count)
        }
    }
}
