internal import Plan
internal import Syscalls

/// The parts of an ext4 superblock that tell whose it is and how much fits in: kernel documentation
/// filesystems/ext4/super.rst.
struct Superblock: Hashable {
    var blockSize: UInt64
    var blocks: UInt64
    var freeBlocks: UInt64
    var inodes: UInt64
    /// 32 hexadecimal digits.
    var identity: String
    /// Whether it counts for project ids.
    var countsProjects: Bool

    /// Nil where this is no such file system.
    ///
    /// - Parameter start: the first 2,048 bytes.
    init?(_ start: [UInt8]) {
        if start.count < 2_048 { return nil }
        func number(_ offset: Int, _ size: Int) -> UInt64 {
            var value: UInt64 = 0
            for index in 0..<size { value |= UInt64(start[1_024 + offset + index]) << (8 * index) }
            return value
        }
        if number(0x38, 2) != 0xEF53 { return nil }
        let shift = number(0x18, 4)
        // 1 KiB to 64 KiB.
        if shift > 6 { return nil }
        let is64Bit = number(0x60, 4) & 0x80 != 0
        blockSize = 1_024 << shift
        blocks = number(0x04, 4) | (is64Bit ? number(0x150, 4) << 32 : 0)
        freeBlocks = number(0x0C, 4) | (is64Bit ? number(0x158, 4) << 32 : 0)
        inodes = number(0x00, 4)
        identity = hexadecimal(start[(1_024 + 0x68)..<(1_024 + 0x78)])
        countsProjects = number(0x64, 4) & 0x2000 != 0
    }

    /// Of the file system in an image.
    init?(of image: borrowing FileDescriptor) throws(SystemCallError) {
        var start: [UInt8] = []
        while start.count < 2_048 {
            let piece = try image.read(upTo: 2_048 - start.count)
            if piece.isEmpty { break }
            start += piece
        }
        self.init(start)
    }

    /// Bytes that files can have, when there are none yet. The kernel keeps some back, for itself: two
    /// hundredths, 4,096 blocks at most.
    var usable: UInt64 {
        let kept = min(blocks / 50, 4_096)
        return (freeBlocks - min(kept, freeBlocks)) * blockSize
    }
}
