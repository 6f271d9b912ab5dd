internal import Plan
internal import Syscalls

/// A cgroup made as a directory, with the undertaker that removes it if we die first.
final class CgroupfsCgroup: CgroupBacking {
    private let parent: CgroupDirectory
    private let cgroup: CgroupDirectory
    private let name: String
    /// Nil once the cgroup is removed.
    private var undertaker: Undertaker?
    let unenforced: [UnenforcedLimit]

    /// Makes `bulkhead-run-NAME` below the host's parent cgroup and sets its limits; nothing is left
    /// of it where that fails. Controllers that had to be switched on in the parent stay on: another
    /// sandbox may have come to rely on them.
    init(
        _ request: CgroupRequest, _ limits: ResolvedLimits, on host: CgroupHost
    ) throws(CgroupError) {
        name = "bulkhead-run-\(request.name.text)"
        parent = try host.openParent()
        try parent.passOn(Set(limits.writes.map(\.controller)))
        var undertaker = try parent.undertaker(of: name)
        cgroup = try parent.makeChild(name, for: request.name)
        do throws(CgroupError) {
            undertaker.entrust(inode: try cgroup.inode())
            unenforced =
                limits.unenforced
                + (try cgroup.apply(
                    limits.writes, allowUnlimited: request.allowUnlimited, host.files))
        } catch {
            // Just made and empty; should it stay all the same, the undertaker is next.
            try? parent.directory.removeDirectory(name)
            throw error
        }
        self.undertaker = consume undertaker
    }

    var driver: CgroupDriver { .cgroupfs }
    var path: String { cgroup.path }
    var directoryForClone: CInt? { cgroup.directory.number }
    /// The process was created in it.
    func adopt(pid: Int32) {}
    func kill() { cgroup.kill() }
    func usage() -> CgroupUsage { cgroup.usage() }
    func limitsInForce() -> [LimitInForce] { cgroup.limitsInForce() }

    func remove() throws(CgroupError) {
        if undertaker == nil { return }
        try parent.removeChild(name, cgroup)
        undertaker = nil
    }
}

extension CgroupDirectory {
    fileprivate borrowing func undertaker(of name: String) throws(CgroupError) -> Undertaker {
        do throws(SystemCallError) { return try Undertaker(of: name, below: directory) } catch {
            throw .failed(error)
        }
    }

    fileprivate borrowing func inode() throws(CgroupError) -> UInt64 {
        do throws(SystemCallError) { return try directory.descriptor.status().inode } catch {
            throw .failed(error)
        }
    }

    /// Makes a cgroup below and takes its lock, which says that it is in use before a process is in
    /// it. One that nobody uses, left by a run whose undertaker was killed too, is replaced.
    fileprivate borrowing func makeChild(
        _ name: String, for sandbox: SandboxName
    ) throws(CgroupError) -> CgroupDirectory {
        do throws(SystemCallError) {
            do throws(SystemCallError) { try directory.makeDirectory(name) } catch {
                guard error.errno == .EEXIST, removeStale(name) else { throw error }
                try directory.makeDirectory(name)
            }
            let made = try openChild(name)
            // Taken for stale by another run of this name in the very moment before.
            guard try made.descriptor.lock() else {
                throw SystemCallError("flock", on: name, .EEXIST)
            }
            return CgroupDirectory(made, path: "\(path)/\(name)")
        } catch {
            if error.errno == .EEXIST { throw .alreadyRunning(sandbox) }
            throw CgroupError(making: error)
        }
    }

    private borrowing func openChild(_ name: String) throws(SystemCallError) -> Directory {
        try Directory(opening: name, at: directory.number, resolve: [.beneath, .noSymlinks])
    }

    /// Whether a cgroup of that name was in nobody's use and is gone now.
    private borrowing func removeStale(_ name: String) -> Bool {
        // Each of these fails where it is in use, and then it is not ours to remove.
        guard let found = try? openChild(name), (try? found.descriptor.lock()) == true else {
            return false
        }
        return (try? directory.removeDirectory(name)) != nil
    }

    /// Removes a cgroup below, waiting for what was killed in it to be gone.
    fileprivate borrowing func removeChild(
        _ name: String, _ child: borrowing CgroupDirectory
    ) throws(CgroupError) {
        let start = monotonicMicroseconds()
        var pause: Int64 = 0
        while true {
            do throws(SystemCallError) {
                try directory.removeDirectory(name)
                return
            } catch {
                switch error.errno {
                case .ENOENT: return
                case .EBUSY, .ENOTEMPTY: break
                default: throw .failed(error)
                }
            }
            let waited = (monotonicMicroseconds() - start) / 1_000
            if waited >= removalMillisecondsMax {
                throw .notRemoved(path: child.path, milliseconds: waited)
            }
            child.removeChildren()
            sleep(milliseconds: pause)
            pause = min(pause + 1, 20)
        }
    }
}

/// How long the processes of a cgroup may take to be gone once they are killed.
let removalMillisecondsMax: Int64 = 10_000
