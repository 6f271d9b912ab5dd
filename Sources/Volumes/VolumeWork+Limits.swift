internal import Plan
internal import Syscalls

/// Limits of a volume that is up.
extension VolumeWork {
    mutating func limit() throws(VolumeError) {
        try pass("look how much is used")
        let usage = try trying { () throws(SystemCallError) in try volume.usage() }
        if let usage {
            if let disk = order.disk, disk.count < usage.bytes {
                throw .belowUse(
                    limit: "disk", wanted: "\(disk)", used: "\(Bytes(usage.bytes))",
                    largest: LargestDirectories.below(volume.root))
            }
            if let inodes = order.inodes, inodes < usage.inodes {
                throw .belowUse(
                    limit: "inodes", wanted: "\(inodes)", used: "\(usage.inodes)", largest: [])
            }
        }
        try pass("set the limits")
        switch record.kind {
        case .projectQuota:
            try trying { () throws(SystemCallError) in
                try Syscalls.open(volume.root, .directory, resolve: .noSymlinks).setQuota(
                    ofProject: record.projectID, bytes: order.disk?.count, inodes: order.inodes)
            }
        case .image:
            let root = try trying { () throws(SystemCallError) in
                try Directory(opening: volume.root, resolve: .noSymlinks)
            }
            try limitImage(root)
        case .tmpfs: try limitMemory()
        case .directory:
            if order.disk == nil && order.inodes == nil { return }
            throw .cannotEnforce(
                project: project, limit: order.disk == nil ? "inodes" : "disk",
                reason: "its volume is a plain directory, which limits nothing",
                able: ["a volume that was made with limits.disk in the configuration"])
        }
    }
}
