import Plan
import Testing

@testable import Volumes

@Suite struct VolumeOrderTests {
    private func order(
        _ form: StorageForm = .overlay, _ kind: VolumeKind = .image, disk: Bytes? = nil
    ) throws -> VolumeOrder {
        VolumeOrder(
            .open,
            VolumeRecord(
                project: try ProjectName("shop"), kind: kind, state: .making, projectID: 7,
                identity: "00", path: "/var/lib/bulkhead/volumes/shop", madeAt: -5),
            form: form, path: "/srv/a b", disk: disk, inodes: nil,
            places: VolumePlaces(state: "/var/lib/bulkhead", run: "/run/bulkhead"))
    }

    @Test func anOrderIsTheSameAfterItWasTold() throws {
        for disk in [nil, Bytes(0), .mebibytes(5)] {
            let order = try order(disk: disk)
            #expect(VolumeOrder(arguments: order.arguments) == order)
        }
    }

    @Test func whatIsNoOrderIsNone() throws {
        let words = try order(disk: .mebibytes(5)).arguments
        #expect(VolumeOrder(arguments: []) == nil)
        #expect(VolumeOrder(arguments: words + [""]) == nil)
        for index in [0, 1, 2, 3, 4, 7, 8, 10] {
            var other = words
            other[index] = "/"
            #expect(VolumeOrder(arguments: other) == nil, "argument \(index)")
        }
    }

    @Test func anErrorIsTheSameAfterItWasTold() throws {
        let error = VolumeError.noProgram("mkfs.ext4", package: "e2fsprogs")
        let told = try #require(
            VolumeOutcome.error(status: 1, said: Array(VolumeOutcome.text(of: error).utf8)))
        #expect(told.message == error.message)
        #expect(told.hint == "install the package e2fsprogs")
        #expect(VolumeOutcome.error(status: 0, said: []) == nil)
        #expect(
            VolumeOutcome.error(status: 137, said: [])
                == .interrupted(reason: "its helper ended with status 137"))
    }

    @Test func eachKindIsAtItsPlace() throws {
        #expect(try order(.overlay, .image).volume.upper == "/run/bulkhead/volumes/shop/upper")
        #expect(
            try order(.volume, .projectQuota).volume.files
                == "/var/lib/bulkhead/volumes/shop/data/files")
        #expect(try order(.direct, .projectQuota).volume.root == "/srv/a b")
        #expect(
            try order(.volume, .tmpfs).volume.mountSource
                == .host(path: "/run/bulkhead/volumes/shop/files", .writable, .handedOver))
        #expect(
            try order(.overlay, .image).volume.mountSource
                == .overlay(
                    lower: "/srv/a b", volume: "/run/bulkhead/volumes/shop", .ownerAsUser))
        #expect(try order(.direct, .projectQuota).volume.mountSource == nil)
    }

    @Test func mountsAreFoundByTheirPlace() {
        let mounts = HostMounts(
            """
            1 0 8:1 / / rw,relatime shared:1 - ext4 /dev/vda rw
            2 1 0:5 / /run rw,nosuid shared:2 master:9 - tmpfs tmpfs rw,mode=755
            3 2 7:0 / /run/bulkhead/volumes/a\\040b rw shared:3 - ext4 /dev/loop0 rw
            4 3 0:9 / /run/bulkhead/volumes/a\\040b rw - tmpfs bulkhead rw
            nonsense
            """)
        #expect(mounts.entries.count == 4)
        let top = mounts.entry(at: "/run/bulkhead/volumes/a b")
        #expect(top?.type == "tmpfs" && top?.source == "bulkhead")
        #expect(mounts.entry(at: "/run/bulkhead/volumes") == nil)
        // What appears in it comes from another namespace.
        #expect(mounts.holder(of: "/run/bulkhead/volumes")?.point == "/run")
        #expect(mounts.holder(of: "/run/bulkhead/volumes")?.isFollower == true)
        #expect(mounts.holder(of: "/running")?.point == "/")
        #expect(mounts.holder(of: "/running")?.isFollower == false)
    }
}
