public import Plan
public import Syscalls

/// Where a project's files are and what limits them. Paths are of use while the volume is up.
public struct ProjectVolume: Hashable, Sendable {
    public let project: ProjectName
    public let form: StorageForm
    public let kind: VolumeKind
    /// The project's own directory on the host: with `overlay`, what is below.
    public let path: String
    /// For root alone, and there whether the volume is up or not: images, snapshots, what was
    /// quarantined.
    public let home: String
    /// The directory that has `upper` and `work` or `files` in it; with `direct` the project's own.
    public let root: String
    /// What its files count for on the file system of `root`: what a warning of the kernel names. Nil
    /// where nothing is counted.
    public let projectID: UInt32?

    public init(
        _ project: ProjectName, _ form: StorageForm, _ kind: VolumeKind, path: String,
        projectID: UInt32?, in places: VolumePlaces
    ) {
        self.project = project
        self.form = form
        self.kind = kind
        self.path = path
        self.projectID = projectID
        home = places.home(of: project)
        switch (form, kind) {
        case (.direct, _): root = path
        case (_, .projectQuota), (_, .directory): root = places.home(of: project) + "/data"
        case (_, .image), (_, .tmpfs): root = places.mountPoint(of: project)
        }
    }

    /// What the project changed, with `overlay`: an overlay's upper layer, kernel documentation
    /// filesystems/overlayfs.rst. The files belong to the owner of the project's directory.
    public var upper: String { root + "/upper" }
    /// What the project has, with `volume`.
    public var files: String { root + "/files" }

    /// Where the project's own files are on the host.
    public var content: String {
        switch form {
        case .direct: path
        case .overlay: upper
        case .volume: files
        }
    }

    /// What is mounted in the place of the project's directory; nil: itself.
    public var mountSource: Mount.Source? {
        // What is in memory ends with the sandbox, so it may be its user's; and before Linux 6.3 tmpfs
        // cannot show other owners.
        let owners: Mount.ShownOwners = kind == .tmpfs ? .handedOver : .ownerAsUser
        switch form {
        case .direct: return nil
        case .overlay: return .overlay(lower: path, volume: root, owners)
        case .volume: return .host(path: files, .writable, owners)
        }
    }

    /// How much of it is used; nil where nobody counts. Throws while it is not up.
    public func usage() throws(SystemCallError) -> DiskUsage? {
        let directory = try open(root, .directory, resolve: .noSymlinks)
        if let projectID, try directory.enforcesProjectQuota() {
            let found = try directory.quota(ofProject: projectID)
            return DiskUsage(
                bytes: found.bytes, bytesMax: found.bytesMax, inodes: found.inodes,
                inodesMax: found.inodesMax)
        }
        switch kind {
        case .directory, .projectQuota: return nil
        case .image, .tmpfs:
            let space = try directory.space()
            // What its own bookkeeping has reserved is nobody's to use.
            let reserved = space.free - min(space.available, space.free)
            return DiskUsage(
                bytes: space.size - min(space.free, space.size),
                bytesMax: space.size - min(reserved, space.size),
                inodes: space.inodes - min(space.inodesFree, space.inodes),
                inodesMax: space.inodes)
        }
    }

    /// Sets the limits of one whose files count for a project id, in one call to the kernel. Refuses less
    /// than what is used.
    public func setQuota(disk: Bytes?, inodes: UInt64?) throws(VolumeError) {
        let used = try trying { () throws(SystemCallError) in try usage() }
        if let used, let disk, disk.count < used.bytes {
            throw .belowUse(
                limit: "disk", wanted: "\(disk)", used: "\(Bytes(used.bytes))", largest: [])
        }
        if let used, let inodes, inodes < used.inodes {
            throw .belowUse(
                limit: "inodes", wanted: "\(inodes)", used: "\(used.inodes) files",
                largest: [])
        }
        try trying { () throws(SystemCallError) in
            try open(root, .directory, resolve: .noSymlinks).setQuota(
                ofProject: projectID ?? 0, bytes: disk?.count, inodes: inodes)
        }
    }

    /// The device of its file system, major and minor: what a warning of the kernel names.
    public func device() throws(SystemCallError) -> (major: UInt32, minor: UInt32) {
        let status = try open(root, .directory, resolve: .noSymlinks).status()
        return (status.deviceMajor, status.deviceMinor)
    }
}
