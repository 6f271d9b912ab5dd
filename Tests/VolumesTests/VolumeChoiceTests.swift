import Plan
import Testing
import Volumes

@Suite struct VolumeChoiceTests {
    private func choice(
        _ form: StorageForm, wanted: VolumeKind? = nil, existing: VolumeKind? = nil,
        disk: Bytes? = .mebibytes(10), inodes: UInt64? = nil, quotaAtPath: Bool = false,
        quotaAtHome: Bool = false, hasLoopDevices: Bool = true
    ) throws -> VolumeChoice {
        VolumeChoice(
            project: try ProjectName("shop"), form: form, wanted: wanted, existing: existing,
            disk: disk, inodes: inodes, quotaAtPath: quotaAtPath, quotaAtHome: quotaAtHome,
            hasLoopDevices: hasLoopDevices, typeAtPath: "ext4")
    }

    @Test func aDirectoryWithoutALimitIsUsedAsItIs() throws {
        #expect(try choice(.direct, disk: nil).decide() == nil)
        #expect(try choice(.direct, disk: nil, quotaAtPath: true).decide() == nil)
    }

    @Test func aDirectoryWithALimitNeedsProjectQuota() throws {
        #expect(try choice(.direct, quotaAtPath: true).decide() == .projectQuota)
        let error = #expect(throws: VolumeError.self) { try choice(.direct).decide() }
        #expect(
            error?.message
                == "limits.disk of shop cannot be enforced: its directory is on ext4 without project "
                + "quota")
        #expect(
            error?.hint
                == "what can: storage: overlay or volume (image, tmpfs), storage: direct with prjquota "
                + "at its path")
    }

    @Test func aLimitOfInodesAloneNeedsItToo() throws {
        let error = #expect(throws: VolumeError.self) {
            try choice(.direct, disk: nil, inodes: 100).decide()
        }
        #expect(error?.message.hasPrefix("limits.inodes of shop cannot be enforced") == true)
        #expect(
            try choice(.direct, disk: nil, inodes: 100, quotaAtPath: true).decide()
                == .projectQuota)
    }

    @Test(arguments: [StorageForm.overlay, .volume])
    func aVolumeTakesTheBestThatThereIs(form: StorageForm) throws {
        #expect(try choice(form, quotaAtHome: true).decide() == .projectQuota)
        #expect(try choice(form).decide() == .image)
        #expect(try choice(form, disk: nil).decide() == .directory)
        #expect(try choice(form, disk: nil, quotaAtHome: true).decide() == .projectQuota)
    }

    @Test func memoryIsNeverChosenUnasked() throws {
        let error = #expect(throws: VolumeError.self) {
            try choice(.volume, hasLoopDevices: false).decide()
        }
        #expect(
            error?.message
                == "limits.disk of shop cannot be enforced: there are no loop devices for an image")
        #expect(try choice(.volume, wanted: .tmpfs, hasLoopDevices: false).decide() == .tmpfs)
    }

    @Test func aKindThatIsAskedForIsNotReplacedByAnother() throws {
        #expect(try choice(.volume, wanted: .image, quotaAtHome: true).decide() == .image)
        #expect(throws: VolumeError.self) { try choice(.volume, wanted: .projectQuota).decide() }
        #expect(throws: VolumeError.self) { try choice(.volume, wanted: .directory).decide() }
        #expect(throws: VolumeError.self) {
            try choice(.volume, wanted: .image, disk: nil, inodes: 9).decide()
        }
        #expect(throws: VolumeError.self) {
            try choice(.direct, wanted: .image, quotaAtPath: true).decide()
        }
    }

    @Test func whatThereIsStaysWhatItIs() throws {
        #expect(try choice(.overlay, existing: .image, quotaAtHome: true).decide() == .image)
        #expect(
            throws: VolumeError.otherKind(
                project: try ProjectName("shop"), has: .image, wanted: .tmpfs)
        ) { try choice(.volume, wanted: .tmpfs, existing: .image).decide() }
        // A plain directory cannot be limited later.
        #expect(throws: VolumeError.self) { try choice(.volume, existing: .directory).decide() }
    }
}
