internal import Plan
internal import Syscalls

/// A volume that is a file with an ext4 file system in it.
///
/// The file system has room for the limit and no more than a hundredth above it. Where the kernel has
/// quota, what is in it counts for a project id there too, and that limit is exact, can be lowered, and
/// is warned of.
extension VolumeWork {
    private static let imageName = "volume.img"

    mutating func openImage(_ home: borrowing Directory) throws(VolumeError) {
        try pass("look for what is mounted")
        let point = order.places.mountPoint(of: project)
        if let found = try HostMounts().entry(at: point) {
            try checkMounted(found, home)
            let root = try trying { () throws(SystemCallError) in
                try Directory(opening: point, resolve: .noSymlinks)
            }
            try furnishImage(root)
            return
        }
        try pass("find the image")
        if record.state == .making { try makeImage(home) }
        let image = try findImage(home)
        // A sandbox that is still ending may have it; two devices for one image would ruin it.
        var device = try attached(image)
        if device == nil {
            try pass("check the image")
            try checkImage(home)
            try pass("make a loop device")
            let path = "\(volume.home)/\(Self.imageName)"
            device = try trying { () throws(SystemCallError) in
                try LoopDevice(backedBy: image, name: path)
            }
        }
        guard let device else { return }
        try pass("mount the image apart")
        let mount = try self.mount(device.path, of: image)
        let root = try trying { () throws(SystemCallError) in
            try Directory(opening: ".", at: mount.descriptor.number)
        }
        try furnishImage(root)
        try attach(mount)
    }

    private mutating func furnishImage(_ root: borrowing Directory) throws(VolumeError) {
        try pass("limit the image")
        let isCounted = try trying { () throws(SystemCallError) in
            try root.descriptor.enforcesProjectQuota()
        }
        try limitImage(root)
        if isCounted {
            try trying { () throws(SystemCallError) in
                try root.descriptor.setProjectID(record.projectID, isInherited: true)
            }
        }
        try pass("make what is in the image")
        try furnish(root)
    }

    /// - Parameter isCounted: whether the file system counts for project ids.
    private func mount(
        _ device: String, isCounted: Bool
    ) throws(SystemCallError) -> DetachedMount {
        // Inode tables stay unwritten, so that the file stays sparse, and what is deleted is given back.
        let flags = ["noinit_itable", "discard"] + (isCounted ? ["prjquota"] : [])
        return try DetachedMount(
            "ext4", options: [("source", device), ("errors", "remount-ro")], flags: flags,
            attributes: [.noSetUserID, .noDevices])
    }

    private func mount(
        _ device: String, of image: borrowing FileDescriptor
    ) throws(VolumeError) -> DetachedMount {
        do throws(SystemCallError) {
            return try mount(device, isCounted: Self.superblock(of: image)?.countsProjects ?? false)
        } catch { throw .failed(error) }
    }

    /// From the start of the file, wherever it was read to.
    private static func superblock(
        of image: borrowing FileDescriptor
    ) throws(SystemCallError) -> Superblock? {
        try image.seekToStart()
        return try Superblock(of: image)
    }

    /// Whether this kernel can count in an image: some have quota and not its format.
    private func canCount(_ image: borrowing FileDescriptor) throws(VolumeError) -> Bool {
        do throws(SystemCallError) {
            let device = try LoopDevice(backedBy: image, name: volume.home)
            _ = try mount(device.path, isCounted: true)
            return true
        } catch {
            switch error.errno {
            case .EINVAL, .ESRCH, .EOPNOTSUPP: return false
            default: throw .failed(error)
            }
        }
    }

    // MARK: Finding

    private func findImage(_ home: borrowing Directory) throws(VolumeError) -> FileDescriptor {
        let image = try openImageFile(home)
        if let damage = try damage(of: image) { throw try quarantine(home, damage) }
        return image
    }

    private func openImageFile(_ home: borrowing Directory) throws(VolumeError) -> FileDescriptor {
        do throws(SystemCallError) {
            return try Syscalls.open(
                Self.imageName, at: home.number, .readWrite, resolve: [.beneath, .noSymlinks])
        } catch {
            guard error.errno == .ENOENT else { throw .failed(error) }
            let kept = (try? home.names())?.filter(VolumePlaces.isQuarantined)
            throw .missing(
                project: project, place: "\(volume.home)/\(Self.imageName)",
                reason: kept?.max().map { "is gone; damaged, it is now \(quoted($0)) beside it" }
                    ?? "is gone")
        }
    }

    /// What shows at once; throws where it is another's.
    private func damage(of image: borrowing FileDescriptor) throws(VolumeError) -> String? {
        let size: UInt64
        let found: Superblock?
        do throws(SystemCallError) {
            size = try image.status().size
            found = try Superblock(of: image)
        } catch { throw .failed(error) }
        guard let found else { return "it has no ext4 file system" }
        if found.identity != record.identity {
            throw .missing(
                project: project, place: "\(volume.home)/\(Self.imageName)",
                reason: "is another volume")
        }
        return size < found.blocks * found.blockSize ? "it was cut off after \(Bytes(size))" : nil
    }

    /// The device that has it already.
    private func attached(_ image: borrowing FileDescriptor) throws(VolumeError) -> LoopDevice? {
        guard let blocks = try? Directory(opening: "/sys/block"), let names = try? blocks.names()
        else { return nil }
        for name in names where name.utf8.starts(with: "loop".utf8) {
            // One that is free now is not opened: there may be hundreds.
            guard (try? Syscalls.open("\(name)/loop", at: blocks.number, .path)) != nil,
                let device = try? LoopDevice(opening: "/dev/\(name)"),
                try trying({ () throws(SystemCallError) in try device.has(image) })
            else { continue }
            return device
        }
        return nil
    }

    private func checkMounted(
        _ found: HostMounts.Entry, _ home: borrowing Directory
    ) throws(VolumeError) {
        let point = order.places.mountPoint(of: project)
        let image = try openImageFile(home)
        // Moved aside it would be when it is not in use.
        if let damage = try damage(of: image) {
            throw .damaged(project: project, reason: damage)
        }
        guard found.type == "ext4", let device = try? LoopDevice(opening: found.source),
            try trying({ () throws(SystemCallError) in try device.has(image) })
        else {
            throw .mounted(
                path: point, reason: "\(found.type) of \(quoted(found.source)) is mounted there")
        }
    }

    /// Replays its journal and mends what can be mended without losing anything.
    private func checkImage(_ home: borrowing Directory) throws(VolumeError) {
        let outcome = try SystemProgram.checkExt4.run([
            "-p", "\(volume.home)/\(Self.imageName)",
        ])
        // e2fsck(8): 1 and 2 are mended, 4 is not, 8 could not be worked on.
        if outcome.status & ~3 == 0 { return }
        if outcome.status < 16 { throw try quarantine(home, outcome.text) }
        throw .program("e2fsck", reason: outcome.text)
    }

    /// Moves it out of the way: what is in it may still be worth something to somebody.
    private func quarantine(
        _ home: borrowing Directory, _ reason: String
    ) throws(VolumeError) -> VolumeError {
        let name = "\(VolumePlaces.quarantinePrefix)\(realtimeNanoseconds() / 1_000_000_000).img"
        try trying { () throws(SystemCallError) in
            try home.rename(Self.imageName, to: name)
            try home.synchronizeNames(beside: name)
        }
        return .torn(project: project, quarantine: name, reason: reason)
    }

    // MARK: Making

    /// How often the size is adjusted until the room in it is what it shall be.
    private static let attemptsMax = 5

    private mutating func makeImage(_ home: borrowing Directory) throws(VolumeError) {
        let place = "\(volume.home)/\(Self.imageName)"
        let isThere = (try? Syscalls.open(Self.imageName, at: home.number, .path)) != nil
        if isThere {
            let found = try trying { () throws(SystemCallError) in
                try Superblock(of: Syscalls.open(Self.imageName, at: home.number))
            }
            if found?.identity == record.identity { return }
            throw .unknown(project: project, place: place)
        }
        let new = Self.imageName + ".new"
        let wanted = order.disk?.count ?? 0
        let inodes = ImageSize.inodes(limit: order.inodes, bytes: wanted)
        var size = ImageSize.guess(bytes: wanted, inodes: inodes)
        // Found out with the first that is made.
        var hasQuota: Bool?
        var attempt = 0
        while true {
            try pass("make the image's file")
            let file = try trying { () throws(SystemCallError) in
                let file = try Syscalls.open(
                    new, at: home.number, [.readWrite, .create, .truncate], mode: 0o600,
                    resolve: [.beneath, .noSymlinks])
                try file.truncate(to: size)
                return file
            }
            try pass("make the image's file system")
            let outcome = try SystemProgram.makeExt4.run(
                ImageSize.arguments(
                    identity: record.identity, inodes: inodes, size: size,
                    hasQuota: hasQuota ?? true) + ["\(volume.home)/\(new)"])
            if outcome.status != 0 {
                try? home.removeFile(new)
                throw .program("mkfs.ext4", reason: outcome.text)
            }
            guard
                let made = try trying({ () throws(SystemCallError) in
                    try Self.superblock(of: file)
                })
            else { throw .program("mkfs.ext4", reason: "it made no ext4 file system") }
            if hasQuota == nil {
                hasQuota = try canCount(file)
                if hasQuota == false { continue }
            }
            let difference = ImageSize.correction(usable: made.usable, wanted: wanted)
            attempt += 1
            if difference == 0 || attempt == Self.attemptsMax {
                if let limit = order.inodes, made.inodes < limit {
                    try? home.removeFile(new)
                    throw .outOfReach(
                        limit: "inodes", wanted: "\(limit)",
                        reason: "an image for \(Bytes(wanted)) has \(made.inodes)",
                        hint: "raise limits.disk, or lower limits.inodes")
                }
                break
            }
            size = UInt64(Int64(clamping: size) + difference) / 4_096 * 4_096
        }
        try pass("name the image")
        try trying { () throws(SystemCallError) in
            try Syscalls.open(new, at: home.number, .readWrite).synchronize()
            try home.rename(new, to: Self.imageName)
            try home.synchronizeNames(beside: Self.imageName)
        }
    }

    // MARK: Limits

    /// Sees to it that what is in it can grow to its limit and not above.
    func limitImage(_ root: borrowing Directory) throws(VolumeError) {
        let isCounted = try trying { () throws(SystemCallError) in
            try root.descriptor.enforcesProjectQuota()
        }
        if let disk = order.disk { try fit(disk.count, root, canBeLess: isCounted) }
        let space = try trying { () throws(SystemCallError) in try root.descriptor.space() }
        if let inodes = order.inodes {
            if space.inodes < inodes {
                throw .outOfReach(
                    limit: "inodes", wanted: "\(inodes)",
                    reason: "the image of \(project) has \(space.inodes)",
                    hint: "raise the disk limit, which brings more")
            }
            if !isCounted && space.inodes > ImageSize.inodes(limit: inodes, bytes: 0) * 51 / 50 {
                throw .outOfReach(
                    limit: "inodes", wanted: "\(inodes)",
                    reason:
                        "the image of \(project) has \(space.inodes), and this kernel has no quota",
                    hint: "keep \(space.inodes)")
            }
        }
        if isCounted {
            try trying { () throws(SystemCallError) in
                try root.descriptor.setQuota(
                    ofProject: record.projectID, bytes: order.disk?.count, inodes: order.inodes)
            }
        }
    }

    private func fit(
        _ wanted: UInt64, _ root: borrowing Directory, canBeLess: Bool
    ) throws(VolumeError) {
        for attempt in 0..<Self.attemptsMax {
            let space = try trying { () throws(SystemCallError) in try root.descriptor.space() }
            let usable = space.size - (space.free - min(space.available, space.free))
            if usable >= wanted {
                if canBeLess || attempt > 0 || usable <= wanted + ImageSize.tolerance(wanted) * 2 {
                    return
                }
                throw .outOfReach(
                    limit: "disk", wanted: "\(Bytes(wanted))",
                    reason: "the image of \(project) has \(Bytes(usable)), and this kernel has no "
                        + "quota to use less of it",
                    hint: "keep \(Bytes(usable)), or save its files and make it anew")
            }
            // First to what the file has already: an earlier try may have been cut short.
            let missing = wanted - usable + ImageSize.tolerance(wanted) / 2
            try grow(root, by: attempt == 0 ? 0 : missing)
        }
    }

    /// The file, then the device, then the file system in it, each while it is in use.
    private func grow(_ root: borrowing Directory, by bytes: UInt64) throws(VolumeError) {
        let image = try trying { () throws(SystemCallError) in
            let image = try Syscalls.open(
                "\(volume.home)/\(Self.imageName)", .readWrite, resolve: .noSymlinks)
            let blocks = (try image.status().size + bytes) / ImageSize.blockSize
            try image.truncate(to: blocks * ImageSize.blockSize)
            return image
        }
        guard let device = try attached(image) else {
            throw .interrupted(reason: "its loop device is gone")
        }
        try trying { () throws(SystemCallError) in
            try device.refreshSize()
            try root.descriptor.growExt4(toBlocks: image.status().size / ImageSize.blockSize)
        }
    }
}
