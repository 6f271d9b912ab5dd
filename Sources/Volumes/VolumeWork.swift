internal import Plan
internal import Syscalls
internal import Trees

/// Carries out an order. It may take minutes and so belongs in a process of its own, which may be killed
/// at any moment: what is not finished then is found out and done by the next order.
public struct VolumeWork {
    let order: VolumeOrder
    let volume: ProjectVolume
    /// The step that is told to fail; nil: none is.
    private let faultPoint: Int?
    private var stepsPassed = 0

    public init(_ order: VolumeOrder, faultPoint: Int? = nil) {
        self.order = order
        self.faultPoint = faultPoint
        volume = order.volume
    }

    var record: VolumeRecord { order.record }
    var project: ProjectName { record.project }

    public mutating func run() throws(VolumeError) {
        try enterNamespaceOfMachine(for: order.places)
        let home = try makeHome()
        // The last supervisor's helper may still be at it.
        let lock = try Self.lock(home)
        // Held to the end.
        defer { _ = lock.number }
        switch order.verb {
        case .open: try open(home)
        case .close: try close()
        case .limit: try limit()
        case .release: try ProjectTree(path: record.path, id: record.projectID).release()
        case .remove: try remove(home)
        }
    }

    /// Passes a step, or throws there.
    mutating func pass(_ what: String) throws(VolumeError) {
        defer { stepsPassed += 1 }
        if stepsPassed == faultPoint { throw .injected(what) }
    }

    // MARK: Home

    private func makeHome() throws(VolumeError) -> Directory {
        try Self.make(order.places.homes)
        try Self.make(volume.home)
        return try trying { () throws(SystemCallError) in
            try Directory(opening: volume.home, resolve: .noSymlinks)
        }
    }

    /// Makes a directory for root alone, unless it is there.
    static func make(_ path: String) throws(VolumeError) {
        try trying { () throws(SystemCallError) in
            let root = Directory(try Syscalls.open("/", .path))
            do throws(SystemCallError) {
                try root.makeDirectory(String(path.drop { $0 == "/" }), mode: 0o700)
            } catch  where error.errno == .EEXIST {}
        }
    }

    private static let lockName = "lock"
    /// How long another helper may take: a large image on a slow disk.
    private static let patienceMicroseconds: Int64 = 600_000_000

    private static func lock(_ home: borrowing Directory) throws(VolumeError) -> FileDescriptor {
        let deadline = monotonicMicroseconds() + patienceMicroseconds
        let file = try trying { () throws(SystemCallError) in
            try Syscalls.open(
                lockName, at: home.number, [.writeOnly, .create], mode: 0o600,
                resolve: [.beneath, .noSymlinks])
        }
        while !(try trying { () throws(SystemCallError) in try file.lock() }) {
            if monotonicMicroseconds() > deadline {
                throw .interrupted(reason: "another helper has been at it for ten minutes")
            }
            sleep(milliseconds: 50)
        }
        return file
    }

    // MARK: Opening

    private mutating func open(_ home: borrowing Directory) throws(VolumeError) {
        switch (order.form, record.kind) {
        case (.direct, _): try openDirect()
        case (_, .projectQuota), (_, .directory): try openDirectory(home)
        case (_, .image): try openImage(home)
        case (_, .tmpfs): try openMemory()
        }
    }

    /// The limit comes first: what counts for it from then on is bounded by it.
    private mutating func openDirect() throws(VolumeError) {
        let root = try trying { () throws(SystemCallError) in
            try Syscalls.open(volume.path, .directory, resolve: .noSymlinks)
        }
        try pass("limit the directory")
        try trying { () throws(SystemCallError) in
            try root.setQuota(
                ofProject: record.projectID, bytes: order.disk?.count, inodes: order.inodes)
        }
        try pass("count the directory's files")
        try ProjectTree(path: volume.path, id: record.projectID).count()
    }

    private mutating func openDirectory(_ home: borrowing Directory) throws(VolumeError) {
        try pass("find the directory")
        switch record.state {
        case .making: try makeDirectory(home)
        case .made, .removing: try checkDirectory(home)
        }
        let data = try trying { () throws(SystemCallError) in
            try Directory(opening: "data", at: home.number, resolve: [.beneath, .noSymlinks])
        }
        try pass("limit the directory")
        if record.kind == .projectQuota {
            try trying { () throws(SystemCallError) in
                try data.descriptor.setQuota(
                    ofProject: record.projectID, bytes: order.disk?.count, inodes: order.inodes)
                try data.descriptor.setProjectID(record.projectID, isInherited: true)
            }
        }
        try pass("make what is in the directory")
        try furnish(data)
    }

    private static let identityName = "identity"

    private func makeDirectory(_ home: borrowing Directory) throws(VolumeError) {
        try trying { () throws(SystemCallError) in
            do throws(SystemCallError) { try home.makeDirectory("data", mode: 0o755) } catch
                where error.errno == .EEXIST
            {}
            // Everybody may pass: through a mapped mount root itself would be nobody. What is above it is
            // for root alone.
            try home.setPermissions("data", 0o755)
        }
        do throws(SystemCallError) {
            try home.createFile(
                Self.identityName, containing: record.identity + "\n", mode: 0o600)
            try home.synchronizeNames(beside: Self.identityName)
        } catch {
            guard error.errno == .EEXIST else { throw .failed(error) }
            if identity(home) != record.identity {
                throw .unknown(project: project, place: volume.home + "/data")
            }
        }
    }

    private func checkDirectory(_ home: borrowing Directory) throws(VolumeError) {
        let found = identity(home)
        let hasData = (try? Syscalls.open("data", at: home.number, .path)) != nil
        if !hasData || found == nil {
            throw .missing(project: project, place: volume.home + "/data", reason: "is gone")
        }
        if found != record.identity {
            throw .missing(
                project: project, place: volume.home + "/data", reason: "is another volume")
        }
    }

    private func identity(_ home: borrowing Directory) -> String? {
        guard let text = try? home.readFile(Self.identityName, limit: 256) else { return nil }
        return String(text.prefix { $0 != "\n" })
    }

    private mutating func openMemory() throws(VolumeError) {
        try pass("look for what is mounted")
        let point = order.places.mountPoint(of: project)
        if let found = try HostMounts().entry(at: point) {
            if found.type != "tmpfs" || found.source != Self.source {
                throw .mounted(path: point, reason: "\(found.type) is mounted there")
            }
            return try limitMemory()
        }
        try pass("make the tmpfs")
        let mount = try trying { () throws(SystemCallError) in
            try DetachedMount(
                "tmpfs", options: [("source", Self.source), ("mode", "0755")] + memoryOptions,
                attributes: [.noSetUserID, .noDevices])
        }
        try pass("make what is in the tmpfs")
        let root = try trying { () throws(SystemCallError) in
            try Directory(opening: ".", at: mount.descriptor.number)
        }
        try furnish(root)
        try attach(mount)
    }

    private static let source = "bulkhead"

    private var memoryOptions: [(String, String)] {
        var options = [("size", String(order.disk?.count ?? 0))]
        // Without one the kernel takes half the pages of the machine: that is no limit of ours.
        options.append(("nr_inodes", String(order.inodes ?? (order.disk?.count ?? 0) / 4_096 + 64)))
        return options
    }

    func limitMemory() throws(VolumeError) {
        do throws(SystemCallError) {
            try reconfigureFileSystem(
                at: order.places.mountPoint(of: project), options: memoryOptions)
        } catch {
            guard error.errno == .EINVAL else { throw .failed(error) }
            throw .belowUse(
                limit: "disk", wanted: order.disk.map { "\($0)" } ?? "", used: "more",
                largest: largest(.bytes))
        }
    }

    // MARK: What is in it

    /// Makes what the form needs, owned as the project's directory is. Both forms may be in one volume:
    /// what a project had under the other stays there.
    func furnish(_ root: borrowing Directory) throws(VolumeError) {
        let owner = try trying { () throws(SystemCallError) in
            try Syscalls.open(volume.path, .path, resolve: .noSymlinks).status()
        }
        if owner.kind != .directory {
            throw .failed(SystemCallError("openat2", on: volume.path, .ENOTDIR))
        }
        switch order.form {
        case .direct: return
        case .overlay:
            try furnish(root, "upper", owner)
            try trying { () throws(SystemCallError) in
                do throws(SystemCallError) { try root.makeDirectory("work", mode: 0o700) } catch
                    where error.errno == .EEXIST
                {}
                try root.setOwner("work", user: owner.user, group: owner.group)
            }
        case .volume: try furnish(root, "files", owner)
        }
    }

    private func furnish(
        _ root: borrowing Directory, _ name: String, _ owner: FileStatus
    ) throws(VolumeError) {
        try trying { () throws(SystemCallError) in
            do throws(SystemCallError) { try root.makeDirectory(name, mode: 0o700) } catch
                where error.errno == .EEXIST
            {
                return
            }
            try root.setOwner(name, user: owner.user, group: owner.group)
            try root.setPermissions(name, owner.permissions)
        }
    }

    /// The last step of all: before it, nothing that was made has a name, and the kernel takes it away
    /// with this process.
    mutating func attach(_ mount: borrowing DetachedMount) throws(VolumeError) {
        try pass("mount it")
        let point = order.places.mountPoint(of: project)
        try Self.make(order.places.mounts)
        try Self.make(point)
        try trying { () throws(SystemCallError) in try mount.attach(at: point) }
    }

    // MARK: Closing

    private mutating func close() throws(VolumeError) {
        guard volume.root == order.places.mountPoint(of: project) else { return }
        try pass("unmount it")
        try unmountAll()
    }

    /// The device goes with the last mount, which a sandbox that is still ending may have.
    func unmountAll() throws(VolumeError) {
        let point = order.places.mountPoint(of: project)
        let stacked = try HostMounts().entries.count { $0.point == point }
        for _ in 0..<stacked {
            // Lazily: somebody may be looking at it.
            try trying { () throws(SystemCallError) in try unmount(point, lazily: true) }
        }
        try trying { () throws(SystemCallError) in
            do throws(SystemCallError) {
                let parent = try Directory(opening: order.places.mounts, resolve: .noSymlinks)
                try parent.removeDirectory(project.text)
            } catch  where error.errno == .ENOENT {}
        }
    }

    private mutating func remove(_ home: borrowing Directory) throws(VolumeError) {
        if order.form == .direct {
            return try ProjectTree(path: record.path, id: record.projectID).release()
        }
        try unmountAll()
        if record.kind == .projectQuota {
            try? home.descriptor.setQuota(ofProject: record.projectID, bytes: nil, inodes: nil)
        }
        let place = try trying { () throws(SystemCallError) in
            try TreeDirectory(opening: volume.home, resolve: .noSymlinks)
        }
        let names = try trying { () throws(SystemCallError) in
            try place.names(limit: TreeLimits.names)
        }
        var removal = TreeRemoval<VolumeError>(failing: { .failed($1) })
        for name in names
        where !VolumePlaces.isQuarantined(name.text) && name.text != Self.lockName {
            try removal.remove(name, in: place)
        }
    }
}
