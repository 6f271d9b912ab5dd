public import Plan

/// What a project wants of its storage, and what this machine could do for it.
public struct VolumeChoice: Hashable, Sendable {
    public var project: ProjectName
    public var form: StorageForm
    /// What the configuration asks for; nil: whatever can.
    public var wanted: VolumeKind?
    /// What the ledger says there is.
    public var existing: VolumeKind?
    public var disk: Bytes?
    public var inodes: UInt64?
    /// Whether the project's own directory, and the place where volumes are kept, have project quota.
    public var quotaAtPath: Bool
    public var quotaAtHome: Bool
    /// Whether there are loop devices.
    public var hasLoopDevices: Bool
    /// The type of the file system of the project's directory, for words.
    public var typeAtPath: String

    public init(
        project: ProjectName, form: StorageForm, wanted: VolumeKind?, existing: VolumeKind?,
        disk: Bytes?, inodes: UInt64?, quotaAtPath: Bool, quotaAtHome: Bool, hasLoopDevices: Bool,
        typeAtPath: String
    ) {
        self.project = project
        self.form = form
        self.wanted = wanted
        self.existing = existing
        self.disk = disk
        self.inodes = inodes
        self.quotaAtPath = quotaAtPath
        self.quotaAtHome = quotaAtHome
        self.hasLoopDevices = hasLoopDevices
        self.typeAtPath = typeAtPath
    }

    var isLimited: Bool { disk != nil || inodes != nil }
    private var limit: String {
        disk == nil && inodes != nil ? "limits.inodes" : "limits.disk"
    }

    /// The kind that it gets; nil: there is nothing to make, the directory is used as it is.
    public func decide() throws(VolumeError) -> VolumeKind? {
        form == .direct ? try decideDirect() : try decideVolume()
    }

    private func decideDirect() throws(VolumeError) -> VolumeKind? {
        if !isLimited { return nil }
        if let wanted, wanted != .projectQuota {
            throw refusal("storage: direct has project quota or nothing, not \(wanted.rawValue)")
        }
        if quotaAtPath { return .projectQuota }
        throw refusal("its directory is on \(typeAtPath) without project quota")
    }

    private func decideVolume() throws(VolumeError) -> VolumeKind {
        if let existing {
            if let wanted, wanted != existing {
                throw .otherKind(project: project, has: existing, wanted: wanted)
            }
            try check(existing)
            return existing
        }
        if let wanted {
            try check(wanted)
            return wanted
        }
        // tmpfs is last on the ladder and never chosen unasked: what is in it ends with the sandbox.
        if quotaAtHome { return .projectQuota }
        if !isLimited { return .directory }
        try check(.image)
        return .image
    }

    /// Throws where this kind cannot hold what is asked for.
    private func check(_ kind: VolumeKind) throws(VolumeError) {
        switch kind {
        case .projectQuota:
            if !quotaAtHome {
                throw refusal("the state directory is on a file system without project quota")
            }
        case .image:
            if !hasLoopDevices { throw refusal("there are no loop devices for an image") }
            if disk == nil { throw refusal("an image needs limits.disk for its size") }
        case .tmpfs:
            if disk == nil { throw refusal("a tmpfs needs limits.disk for its size") }
        case .directory:
            if isLimited { throw refusal("its volume is a plain directory, which limits nothing") }
        }
    }

    private func refusal(_ reason: String) -> VolumeError {
        .cannotEnforce(project: project, limit: limit, reason: reason, able: able)
    }

    /// The forms that could enforce what is asked for on this machine, the best first; in few words, for
    /// reasons are cut where they are long.
    var able: [String] {
        var able: [String] = []
        if quotaAtPath { able.append("storage: direct") }
        var kinds = ""
        if quotaAtHome { kinds += "project-quota, " }
        if hasLoopDevices { kinds += "image, " }
        able.append(
            "storage: overlay or volume (\(kinds)tmpfs"
                + (disk == nil && !quotaAtHome ? "; with limits.disk)" : ")"))
        if !quotaAtPath { able.append("storage: direct with prjquota at its path") }
        return able
    }
}
