internal import Plan
internal import Syscalls
internal import Trees

/// Limits of a volume that is up.
extension VolumeWork {
    /// What makes a directory large.
    enum Measure { case bytes, files }

    /// Where most of it is: `'cache' (1.2G)`, at most three, below the project's directory.
    func largest(_ measure: Measure) -> [String] {
        // Where it cannot be read, none is told.
        guard let found = try? LargestFiles(below: volume.content) else { return [] }
        return (measure == .bytes ? found.directories : found.fullest).prefix(3).map {
            let path = $0.path.names.isEmpty ? "." : $0.path.description
            let size = measure == .bytes ? "\(Bytes($0.bytes))" : "\($0.entries) files"
            return "\(quoted(path)) (\(size))"
        }
    }

    mutating func limit() throws(VolumeError) {
        try pass("look how much is used")
        let usage = try trying { () throws(SystemCallError) in try volume.usage() }
        if let usage {
            if let disk = order.disk, disk.count < usage.bytes {
                throw .belowUse(
                    limit: "disk", wanted: "\(disk)", used: "\(Bytes(usage.bytes))",
                    largest: largest(.bytes))
            }
            if let inodes = order.inodes, inodes < usage.inodes {
                throw .belowUse(
                    limit: "inodes", wanted: "\(inodes)", used: "\(usage.inodes) files",
                    largest: largest(.files))
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
