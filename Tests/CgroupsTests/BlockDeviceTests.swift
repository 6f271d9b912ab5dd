import Testing

@testable import Cgroups

@Suite struct BlockDeviceTests {
    let fixture: Fixture

    init() throws {
        fixture = try Fixture(
            [
                "/sys/devices/sda/dev": "8:0\n", "/sys/devices/sda/sda1/dev": "8:1\n",
                "/sys/devices/sda/sda1/partition": "1\n", "/sys/devices/odd/dev": "nonsense",
                "/sys/devices/odd/odd1/partition": "1\n",
            ],
            links: [
                "/sys/dev/block/8:0": "../../devices/sda",
                "/sys/dev/block/8:1": "../../devices/sda/sda1",
                "/sys/dev/block/9:1": "../../devices/odd/odd1",
            ])
    }

    func disk(of device: BlockDevice) throws(CgroupError) -> BlockDevice {
        try device.wholeDisk(path: "/x", fixture.host())
    }

    func refusal(of device: BlockDevice) -> CgroupError? {
        #expect(throws: CgroupError.self) { try disk(of: device) }
    }

    @Test func aPartitionIsLimitedByItsDisk() throws {
        #expect(try disk(of: BlockDevice(major: 8, minor: 1)) == BlockDevice(major: 8, minor: 0))
        #expect(try disk(of: BlockDevice(major: 8, minor: 0)) == BlockDevice(major: 8, minor: 0))
    }

    @Test func whatIsOnNoBlockDeviceIsRefused() {
        #expect(
            refusal(of: BlockDevice(major: 0, minor: 38))
                == .noBlockDevice(
                    path: "/x",
                    reason: "its file system is not on one block device (overlay, tmpfs, btrfs, "
                        + "network)"))
        #expect(
            refusal(of: BlockDevice(major: 7, minor: 7))
                == .noBlockDevice(
                    path: "/x", reason: "block device 7:7 is not in /sys/dev/block"))
        #expect(
            refusal(of: BlockDevice(major: 9, minor: 1))
                == .noBlockDevice(path: "/x", reason: "the disk of partition 9:1 is unknown"))
    }

    @Test func aPathThatIsNotThereIsRefused() {
        let error = #expect(throws: CgroupError.self) {
            try BlockDevice(holding: "/no/such", on: fixture.host())
        }
        #expect(
            error == .noBlockDevice(path: "/no/such", reason: "ENOENT (no such file or directory)"))
        #expect(error?.message == "--io '/no/such': ENOENT (no such file or directory)")
    }
}
