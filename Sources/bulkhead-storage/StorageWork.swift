internal import Overlays
internal import Plan
internal import Syscalls
internal import Trees
internal import Volumes

/// One order, on a volume that bulkheadd has brought up, or down where it is to be replaced.
struct StorageWork {
    let order: StorageOrder
    let pause: () throws(OverlayError) -> Void

    private var volume: ProjectVolume { order.volume }

    init(_ order: StorageOrder, pause: @escaping () throws(OverlayError) -> Void) {
        self.order = order
        self.pause = pause
    }

    /// - Returns: what bulkheadd is told, in JSON.
    func run() throws -> String {
        switch order.verb {
        case .diff: return ""
        case .commit:
            let isForced = order.words.first == "force"
            let paths = try order.paths(after: 1)
            return try alone {
                var commit = try OverlayCommit(
                    upper: volume.upper, lower: volume.path, paths: paths, isForced: isForced,
                    pause: pause)
                return Answer.committed(try commit.run())
            }
        case .discard:
            let paths = try order.paths(after: 0)
            return try alone {
                try OverlayDiscard(root: volume.root, lower: volume.path, pause: pause).run(paths)
                return "{}"
            }
        case .snapshot:
            let name = try order.name(0)
            return try alone { Answer.snapshot(try takeSnapshot(name)) }
        case .restore:
            let (name, kept) = (try order.name(0), try order.name(1))
            return try alone { try restore(name, keeping: kept) }
        case .forget:
            let name = try order.name(0)
            return try alone {
                try SnapshotStore(home: volume.home, pause: pause).remove(name)
                return "{}"
            }
        case .largest:
            do throws(SystemCallError) {
                return Answer.largest(try LargestFiles(below: volume.content))
            } catch { throw OverlayError.system(path: TreePath(), error) }
        }
    }

    // MARK: Being alone

    /// With nobody else at it.
    private func alone(_ body: () throws -> String) throws -> String {
        try makeHome()
        let lock = try takeLock()
        // Held to the end.
        defer { _ = lock.number }
        return try body()
    }

    private func makeHome() throws(OverlayError) {
        do throws(SystemCallError) {
            let root = Directory(try Syscalls.open("/", .path))
            for path in [order.places.homes, volume.home] {
                do throws(SystemCallError) {
                    try root.makeDirectory(String(path.drop { $0 == "/" }), mode: 0o700)
                } catch  where error.errno == .EEXIST {}
            }
        } catch { throw .system(path: TreePath(), error) }
    }

    /// What every helper that works on a volume takes: see `VolumeWork`.
    private func takeLock() throws -> FileDescriptor {
        let file = try Syscalls.open(
            volume.home + "/lock", [.writeOnly, .create], mode: 0o600, resolve: .noSymlinks)
        while try !file.lock() {
            try pause()
            sleep(milliseconds: 50)
        }
        return file
    }

    // MARK: Snapshots

    private static let image = FileName("volume.img")
    private static let data = FileName("data")

    private func source() throws -> SnapshotStore.Source {
        switch (volume.form, volume.kind) {
        case (.direct, _):
            guard let slash = volume.path.utf8.lastIndex(of: UInt8(ascii: "/")),
                let name = FileName(volume.path.utf8[volume.path.utf8.index(after: slash)...])
            else { throw InvalidValue("path", volume.path, "is no directory in another") }
            let parent = String(volume.path[..<slash])
            return .tree(parent: parent.isEmpty ? "/" : parent, name: name)
        case (_, .image): return .image(Self.image)
        case (_, .projectQuota), (_, .directory): return .tree(parent: volume.home, name: Self.data)
        case (_, .tmpfs):
            throw InvalidValue(
                "storage", "tmpfs", "is memory, of which no snapshots are taken",
                hint: "set volume_kind to another")
        }
    }

    /// The project is stopped, or its processes are frozen.
    private func takeSnapshot(_ name: WorkloadName) throws -> Snapshot {
        let source = try source()
        let store = try SnapshotStore(home: volume.home, pause: pause)
        guard case .image = source, let root = try? Syscalls.open(volume.root, .directory),
            try isMounted(root)
        else { return try store.create(name, of: source) }
        // Its journal is empty and its blocks stand still. bulkheadd thaws it too, if we cannot.
        try root.freezeFileSystem()
        defer { try? root.thawFileSystem() }
        return try store.create(name, of: source)
    }

    private func isMounted(_ root: borrowing FileDescriptor) throws -> Bool {
        let parent = try Syscalls.open(order.places.mounts, .directory).status()
        let status = try root.status()
        return status.device != parent.device
    }

    private func restore(_ name: WorkloadName, keeping kept: WorkloadName) throws -> String {
        let source = try source()
        let id = volume.projectID
        try SnapshotStore(home: volume.home, pause: pause).restore(
            name, to: source, keeping: kept
        ) { top throws(SystemCallError) in
            // What is put into it counts from the beginning.
            if let id, volume.kind == .projectQuota {
                try top.setProjectID(id, isInherited: true)
            }
        }
        return "{\"kept\":\(jsonString(kept.text))}"
    }
}
