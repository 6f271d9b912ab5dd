internal import Plan
internal import Syscalls

/// A cgroup made by systemd, as a transient scope below `bulkhead.slice`. It needs no undertaker:
/// systemd removes a scope whose last process has ended.
final class SystemdScope: CgroupBacking {
    private enum State {
        /// The bus is there, the scope not yet.
        case wanted
        /// Asked for; whether it exists is for systemd to know.
        case requested
        case removed
    }

    private let bus: SystemdBus
    private let request: CgroupRequest
    private let writes: [ControlWrite]
    private let host: CgroupHost
    private var state = State.wanted
    private var cgroup: CgroupDirectory?
    private(set) var unenforced: [UnenforcedLimit]
    private(set) var path = ""

    /// Connects to the bus and makes sure that the name is free; makes nothing yet, for a scope
    /// cannot be without a process.
    init(
        _ request: CgroupRequest, _ limits: ResolvedLimits, on host: CgroupHost
    ) throws(CgroupError) {
        let unit = ScopeRequest.unit(of: request.name)
        if let parent = host.parentPath,
            host.files.exists("\(parent)/\(ScopeRequest.slice)/\(unit)")
        {
            throw .alreadyRunning(request.name)
        }
        bus = try SystemdBus()
        if let parent = host.parentPath {
            let abandoned = AbandonedScopes.units(
                in: "\(parent)/\(ScopeRequest.slice)", on: host.files, now: realtimeNanoseconds())
            // What cannot be stopped now is the next run's.
            for unit in abandoned { try? bus.stop(unit) }
        }
        self.request = request
        self.host = host
        writes = limits.writes
        unenforced = limits.unenforced
    }

    private var unit: String { ScopeRequest.unit(of: request.name) }

    var driver: CgroupDriver { .systemd }
    var directoryForClone: CInt? { nil }

    func adopt(pid: Int32) throws(CgroupError) {
        let scope = ScopeRequest(name: request.name, process: pid, writes: writes)
        state = .requested
        do throws(CgroupError) { try bus.start(scope) } catch {
            guard case .systemdRefused(_, Self.unitExists, _) = error else { throw error }
            // Not ours, whatever it is: `remove` must leave it alone.
            state = .removed
            // One that failed and was not collected is nobody's; a live one refuses the second time.
            try? bus.resetFailed(unit)
            do throws(CgroupError) { try bus.start(scope) } catch {
                guard case .systemdRefused(_, Self.unitExists, _) = error else { throw error }
                throw .alreadyRunning(request.name)
            }
            state = .requested
        }
        let found = try open(cgroupOf: pid)
        path = found.path
        unenforced += try found.verify(
            writes, allowUnlimited: request.allowUnlimited, host.files)
        cgroup = consume found
    }

    private static let unitExists = "org.freedesktop.systemd1.UnitExists"

    /// The cgroup that the process is in, which has to be that of the scope.
    private func open(cgroupOf pid: Int32) throws(CgroupError) -> CgroupDirectory {
        let membership = host.files.read("/proc/\(pid)/cgroup") ?? ""
        let own = CgroupMount.unifiedPath(in: membership) ?? "/"
        guard own.hasSuffix("/\(ScopeRequest.slice)/\(unit)"), let mount = host.mountPoint,
            let directory = host.files.cgroup2(mount + own)
        else { throw .notInScope(unit: unit, found: own) }
        return CgroupDirectory(directory, path: mount + own)
    }

    func kill() {
        cgroup?.kill()
    }

    func usage() -> CgroupUsage { cgroup?.usage() ?? CgroupUsage() }
    func limitsInForce() -> [LimitInForce] { cgroup?.limitsInForce() ?? [] }

    /// Waits until systemd has removed the empty cgroup, and asks for it where it does not by itself.
    func remove() throws(CgroupError) {
        switch state {
        case .wanted, .removed: return
        case .requested: break
        }
        if path.isEmpty {
            // It was never seen, so nobody but systemd knows whether there is something to stop.
            try stop()
        } else {
            try awaitRemoval()
        }
        state = .removed
    }

    private func awaitRemoval() throws(CgroupError) {
        let start = monotonicMicroseconds()
        var pause: Int64 = 1
        var asked = false
        while exists {
            let waited = (monotonicMicroseconds() - start) / 1_000
            if waited >= removalMillisecondsMax {
                throw .notRemoved(path: path, milliseconds: waited)
            }
            if waited >= patienceMilliseconds, !asked {
                asked = true
                try stop()
            }
            sleep(milliseconds: pause)
            pause = min(pause + 1, 20)
        }
    }

    private func stop() throws(CgroupError) {
        do throws(CgroupError) { try bus.stop(unit) } catch {
            guard case .systemdRefused(_, Self.noSuchUnit, _) = error else { throw error }
        }
    }

    private static let noSuchUnit = "org.freedesktop.systemd1.NoSuchUnit"

    /// Whether the cgroup is still there: the files of a removed one cannot be read any more.
    private var exists: Bool { cgroup?.read("cgroup.events") != nil }
}

/// systemd learns of an empty cgroup by inotify and removes it within milliseconds.
private let patienceMilliseconds: Int64 = 2_000
