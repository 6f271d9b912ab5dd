internal import Cgroups
public import Control
public import Plan
public import Seccomp
internal import Syscalls

extension LiveSandbox {
    /// Has init start a run in a leaf cgroup of its own; `started` or `refused` comes of it. What this
    /// throws was not asked of init, and left nothing behind.
    public func spawn(
        _ run: RunID, _ workload: WorkloadName, _ kind: RunRow.Kind, _ plan: WorkloadPlan,
        _ streams: RunStreams
    ) throws(LaunchError) {
        try streams.check()
        var window: SpawnRequest.WindowSize?
        var plan = plan
        plan.terminal = false
        if case .terminal(let rows, let columns) = streams {
            plan.terminal = true
            window = .init(rows: rows, columns: columns)
        }
        if plan.notifies {
            plan.environment.append(
                EnvironmentVariable(name: "NOTIFY_SOCKET", value: "/run/bulkhead/notify-\(run)"))
        }
        let filter = try filter(plan.seccompProfile)
        var request = try SpawnRequest(plan, filter: filter, window: window, lingers: true)
        request.notify = plan.notifies
        request.logsDenials = logsDenials
        if streams != .discarded {
            request.logFields = workloadFields(project: project, workload: workload, run: run)
        }
        let file = try request.file()
        let live = LiveRun(
            workload: workload, kind: kind, plan: plan, before: cgroup.memoryEvents(),
            openFiles: plan.limits.openFiles, filter: filter)
        // Its leaf is this one's now: whoever still wants to remove it must not remove this.
        if kind == .service {
            for (old, known) in runs where known.kind == .service && known.workload == workload {
                runs[old] = nil
                casualties[old] = nil
                lastWords[old] = nil
            }
        }
        let leaf = live.leaf(run)
        let place = try refusing { () throws(CgroupError) in
            try cgroup.makeLeaf(leaf, limits: plan.limits, owner: record.range.host(0))
        }
        var kinds: SpawnDescriptors = [.request, .cgroup]
        if !streams.descriptors.isEmpty { kinds.formUnion([.input, .output, .error]) }
        do throws(LaunchError) {
            try send(
                .spawn(run: run.rawValue, kinds),
                with: [file.number, place.number] + streams.descriptors)
        } catch {
            // Nothing is in it.
            _ = try? cgroup.removeLeaf(leaf)
            throw error
        }
        runs[run] = live
    }

    /// Of the filter that runs of this profile have: `sha256:` and 64 hexadecimal digits; nil where none
    /// was started with it by this supervisor.
    public func filterDigest(of profile: String) -> String? { filters[profile]?.digest }

    /// The filter that a run was started with; nil where another supervisor started it.
    public func filter(of run: RunID) -> SeccompProgram? { runs[run]?.filter }

    /// Makes the filters of new runs anew: a profile has changed.
    public func forgetFilters() { filters = [:] }

    /// What a new run of this profile gets.
    public func filter(_ profile: String) throws(LaunchError) -> SeccompProgram {
        if let known = filters[profile] { return known }
        let made = try refusing { () throws(ProfileError) in try profiles.program(for: profile) }
        filters[profile] = made
        return made
    }

    /// Sends a signal to the first process of a run. What is not a number of signal(7) is not sent.
    public func signal(_ number: UInt8, _ run: RunID) throws(LaunchError) {
        guard (1...64).contains(number) else { return }
        try send(.signal(number, run: run.rawValue))
    }

    /// Sends a signal to every process of a run's tree that is there now; one that is forked meanwhile may
    /// miss it. Each is sent by its pidfd, after it is certain that the pidfd is of one in the leaf.
    public func signalAll(_ number: UInt8, _ run: RunID) {
        guard (1...64).contains(number) else { return }
        let leaf = leaf(of: run)
        for pid in cgroup.pids(in: leaf) {
            guard let process = try? ProcessHandle(opening: pid), cgroup.holds(pid: pid, in: leaf)
            else { continue }
            // It has ended meanwhile.
            try? process.signal(Signal(rawValue: CInt(number)))
        }
    }

    /// Kills the whole tree of a run at once.
    public func kill(_ run: RunID) {
        cgroup.killLeaf(leaf(of: run))
    }

    /// Takes away the leaf of a run that has ended, killing what is left in it.
    ///
    /// - Returns: whether it is gone; if not, processes are still ending: to be called again.
    public func removeLeaf(_ run: RunID) throws(LaunchError) -> Bool {
        let leaf = leaf(of: run)
        let isGone = try system { () throws(SystemCallError) in try cgroup.removeLeaf(leaf) }
        if isGone {
            runs[run] = nil
            casualties[run] = nil
            lastWords[run] = nil
        }
        return isGone
    }

    /// Lets init forget how a run ended: it is safely written down.
    public func acknowledge(_ run: RunID) throws(LaunchError) {
        try send(.acknowledge(run: run.rawValue))
    }

    /// Asks for all that init knows: `running`, `ended` and `refused` of every run that is not
    /// acknowledged, then `reported`.
    public func requestReport() throws(LaunchError) { try send(.report) }

    /// Tells a run what is about to be taken from its project, where it asked to be told.
    public func notice(_ notice: PreemptionNotice, _ run: RunID) throws(LaunchError) {
        try send(.notice(notice, run: run.rawValue))
    }

    /// Asks for the controlling side of a run's terminal, or lets init log what comes from it;
    /// `terminal` comes of the first.
    public func attach(_ isWanted: Bool, _ run: RunID) throws(LaunchError) {
        try send(.attach(isWanted, run: run.rawValue))
    }

    /// The leaf of a run. One that was neither started here nor told of at the adoption can only be one
    /// that nobody wants to know any more: a probe.
    func leaf(of run: RunID) -> CgroupLeaf { runs[run]?.leaf(run) ?? .task(run) }

    // MARK: What init says

    /// What init has said, at most so much that others get their turn; the connection stays readable
    /// where there is more. Throws `initFailed` where it is nonsense: then the sandbox is not to be
    /// trusted with anything more.
    public func receive() throws(LaunchError) -> [SandboxEvent] {
        var events: [SandboxEvent] = []
        for _ in 0..<packetsMax {
            do throws(SystemCallError) {
                guard var packet = try control?.receive(limit: InitMessage.lengthMax) else { break }
                if packet.bytes.isEmpty {
                    control = nil
                    events.append(.disconnected)
                    break
                }
                guard let message = InitMessage(packet.bytes) else {
                    throw SystemCallError("recvmsg", on: "init", .EINVAL)
                }
                if let event = try event(message, &packet) { events.append(event) }
            } catch {
                switch error.errno {
                // It ended before it read what we sent. Told once; what it sent itself is still there.
                case .ECONNRESET: continue
                case .EMSGSIZE, .EINVAL:
                    close(events)
                    throw .initFailed("its message makes no sense")
                default:
                    close(events)
                    throw .failed(error)
                }
            }
        }
        return events
    }

    /// Nobody will get what came with them.
    private func close(_ events: [SandboxEvent]) {
        for case .started(_, _, let terminal?) in events { _ = FileDescriptor(owning: terminal) }
        for case .terminal(_, let terminal?) in events { _ = FileDescriptor(owning: terminal) }
    }

    /// `EINVAL` where it is nothing that init says.
    private func event(
        _ message: InitMessage, _ packet: inout PacketSocket.Packet
    ) throws(SystemCallError) -> SandboxEvent? {
        switch message {
        case .started(let number, let pid):
            let run = RunID(rawValue: number)
            return .started(
                run, pid: begin(run, pid), terminal: try terminal(&packet))
        case .running(let number, let pid, let notifications):
            let run = RunID(rawValue: number)
            return .running(run, pid: begin(run, pid), notifications)
        case .notStarted(let number, let stage, let errno):
            let run = RunID(rawValue: number)
            cgroup.closeLeaf(leaf(of: run))
            guard let plan = runs[run]?.plan else {
                return .refused(run, .spawn(stage, Errno(rawValue: errno)))
            }
            return .refused(run, LaunchError(stage, errno, of: plan))
        case .ended(let number, let ending):
            let run = RunID(rawValue: number)
            if ending.signalled && ending.status == 9 {
                note(Casualty(pid: ending.pid, name: ending.name), of: run)
            }
            return .ended(
                run,
                ending.signalled ? .killed(signal: ending.status) : .exited(code: ending.status))
        case .casualty(let number, let pid, let name):
            note(Casualty(pid: pid, name: name), of: RunID(rawValue: number))
            return nil
        case .notified(let number, let notifications):
            return .notified(RunID(rawValue: number), notifications)
        case .reported(let count): return .reported(Int(count))
        case .terminal(let number):
            return .terminal(RunID(rawValue: number), try terminal(&packet))
        case .said(let number, let text):
            let run = RunID(rawValue: number)
            if runs[run] != nil { lastWords[run] = text }
            return nil
        case .suppressed(let number, let count):
            return .suppressed(RunID(rawValue: number), count)
        case .hinted(let number, let hints): return .hinted(RunID(rawValue: number), hints)
        case .journalLost:
            // Where there is none to be had, init counts what it cannot log.
            try? renewHold()
            return nil
        case .hold, .spawn, .signal, .signalAll, .acknowledge, .report, .attach, .notice:
            throw SystemCallError("recvmsg", on: "init", .EINVAL)
        }
    }

    /// The first process of a run is there: nobody starts another in its leaf.
    ///
    /// - Returns: its pid on this host.
    private func begin(_ run: RunID, _ inside: UInt32) -> Int32 {
        let leaf = leaf(of: run)
        cgroup.closeLeaf(leaf)
        runs[run]?.plan = nil
        return cgroup.pids(in: leaf).first { numberInside($0) == inside } ?? 0
    }

    private func note(_ casualty: Casualty, of run: RunID) {
        guard runs[run] != nil, casualties[run, default: []].count < casualtiesMax else { return }
        casualties[run, default: []].append(casualty)
    }

    private func terminal(
        _ packet: inout PacketSocket.Packet
    ) throws(SystemCallError) -> CInt? {
        guard let number = packet.descriptor else { return nil }
        // Whatever it is, somebody will read and write it.
        guard isTerminal(number) else { throw SystemCallError("isatty", on: "init", .EINVAL) }
        try setNonBlocking(number)
        return packet.takeDescriptor()
    }
}

/// Packets that are read before others get their turn.
private let packetsMax = 64

/// Casualties of a run that are remembered: more than a report would ever name.
private let casualtiesMax = 16
