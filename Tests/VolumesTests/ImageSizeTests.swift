import Testing

@testable import Volumes

@Suite struct ImageSizeTests {
    @Test(arguments: [1 << 20, 24 << 20, 1 << 30, 100 << 30] as [UInt64])
    func whatHasRoomForTheFilesAndLittleMoreIsKept(wanted: UInt64) {
        #expect(ImageSize.correction(usable: wanted, wanted: wanted) == 0)
        let most = wanted + ImageSize.tolerance(wanted)
        #expect(ImageSize.correction(usable: most, wanted: wanted) == 0)
        #expect(ImageSize.correction(usable: wanted - 4_096, wanted: wanted) > 0)
        #expect(ImageSize.correction(usable: most + 4_096, wanted: wanted) < 0)
    }

    @Test func thePlaceOfAnInodeIsCounted() {
        let few = ImageSize.guess(bytes: 1 << 20, inodes: 100)
        let many = ImageSize.guess(bytes: 1 << 20, inodes: 100_100)
        #expect(many - few >= 100_000 * 256)
        #expect(few % 4_096 == 0 && many % 4_096 == 0)
    }

    @Test func quotaIsAskedForOnlyWhereTheKernelHasIt() {
        let identity = "0123456789abcdef0123456789abcdef"
        let with = ImageSize.arguments(
            identity: identity, inodes: 100, size: 1 << 24, hasQuota: true)
        #expect(with.contains("project,quota"))
        #expect(with.contains { $0.hasSuffix("quotatype=prjquota") })
        #expect(with.contains("01234567-89ab-cdef-0123-456789abcdef"))
        let without = ImageSize.arguments(
            identity: identity, inodes: 100, size: 1 << 24, hasQuota: false)
        #expect(!without.contains("-O") && !without.contains { $0.contains("prjquota") })
    }

    @Test func aSuperblockIsReadAsItIsWritten() throws {
        var start = [UInt8](repeating: 0, count: 2_048)
        func put(_ value: UInt64, _ offset: Int, _ size: Int) {
            for index in 0..<size {
                start[1_024 + offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
            }
        }
        #expect(Superblock(start) == nil)
        put(0xEF53, 0x38, 2)
        put(2, 0x18, 4)
        put(1_000, 0x00, 4)
        put(100_000, 0x04, 4)
        put(90_000, 0x0C, 4)
        for index in 0..<16 { start[1_024 + 0x68 + index] = UInt8(index * 17) }
        let found = try #require(Superblock(start))
        #expect(found.blockSize == 4_096 && found.blocks == 100_000 && found.inodes == 1_000)
        #expect(found.identity == "00112233445566778899aabbccddeeff")
        #expect(!found.countsProjects)
        // A fiftieth of the blocks is the kernel's.
        #expect(found.usable == 88_000 * 4_096)
        // The upper halves count only where it says so.
        put(1, 0x150, 4)
        #expect(Superblock(start)?.blocks == 100_000)
        put(0x80, 0x60, 4)
        #expect(Superblock(start)?.blocks == 100_000 + 1 << 32)
        put(0x2000, 0x64, 4)
        #expect(Superblock(start)?.countsProjects == true)
        put(40, 0x18, 4)
        #expect(Superblock(start) == nil)
        #expect(Superblock(Array(start.dropLast())) == nil)
    }
}
