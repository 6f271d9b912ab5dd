internal import EventLoop
internal import Launch
internal import Plan
internal import Policy
internal import Supervision
internal import Syscalls

/// Which question about which run.
struct ProbeKey: Hashable {
    let run: RunID
    let purpose: HealthCheck.Purpose
}

/// A question that is under way.
enum ProbeHandle {
    case socket(SocketProbe)
    /// A command in the sandbox.
    case run(RunID)
}

/// Health checks: asked, and cut at their time.
extension Supervisor {
    func beginProbe(_ run: RunID, _ purpose: HealthCheck.Purpose, _ check: HealthCheck) {
        let key = ProbeKey(run: run, purpose: purpose)
        guard let held = runs[run].flatMap({ sandboxes[$0.project] }) else { return }
        if probes[key] != nil {
            // It was cut, and the kernel is still at it: commands that cannot be killed do not pile up.
            return handle(
                .probed(run, purpose, .failed(reason: "the last one has still not ended")))
        }
        do {
            switch check.probe {
            case .exec(let command): try beginExecProbe(key, command, check, held)
            case .http(let port, let path):
                try beginSocketProbe(key, port: port, path: path, check, held)
            case .tcp(let port): try beginSocketProbe(key, port: port, path: nil, check, held)
            case .file(let path, let ageMax):
                handle(.probed(run, purpose, fileResult(path, ageMax, held)))
            }
        } catch {
            handle(.probed(run, purpose, .failed(reason: host.text(error))))
        }
    }

    /// The run is over: what is still asked about it has no answer.
    func cancelProbes(of run: RunID) {
        for purpose in HealthCheck.Purpose.allCases {
            switch probes.removeValue(forKey: ProbeKey(run: run, purpose: purpose)) {
            case .socket(let probe): probe.cancel()
            case .run(let probe):
                // Its end is nobody's answer any more.
                runs[probe]?.probe = nil
                runs[probe]?.isCut = true
                killRun(probe)
            case nil: continue
            }
        }
    }

    private func answer(_ key: ProbeKey, _ result: Event.ProbeResult) {
        probes[key] = nil
        handle(.probed(key.run, key.purpose, result))
    }

    private func beginSocketProbe(
        _ key: ProbeKey, port: UInt16, path: String?, _ check: HealthCheck, _ held: HeldSandbox
    ) throws(SystemCallError) {
        let probe = try SocketProbe(
            loop, process: held.sandbox.initDescriptor, port: port, path: path,
            timeout: check.timeout
        ) { [unowned self] result in answer(key, result) }
        probes[key] = .socket(probe)
        probe.begin()
    }

    private func beginExecProbe(
        _ key: ProbeKey, _ command: [String], _ check: HealthCheck, _ held: HeldSandbox
    ) throws {
        guard let asked = runs[key.run], let policy = fleet.policy(of: asked.project),
            let service = policy.service(asked.workload)
        else { return }
        let id = try takeRunNumber()
        var order = CommandOrder(command)
        order.identity = service.identity
        order.environment = service.environment
        order.workingDirectory = service.workingDirectory
        let plan = try WorkloadPlan(order, in: policy)
        let run = HeldRun(id, asked.project, asked.workload, .probe)
        run.probe = key
        runs[id] = run
        probes[key] = .run(id)
        let timer = try loop.timer { [unowned self, unowned run] in
            killRun(id)
            // That is the answer, however long the kernel and init take over its end.
            run.isCut = true
            handle(
                .probed(key.run, key.purpose, .failed(reason: "no end within \(check.timeout)")))
        }
        timer.set(at: loop.now + Int64(clamping: check.timeout.count) * 1_000)
        run.timer = timer
        held.noteReported(id)
        try held.sandbox.spawn(id, asked.workload, .probe, plan, .discarded)
    }

    func probeRunEnded(_ run: HeldRun, _ result: Event.ProbeResult) {
        guard let key = run.probe else { return }
        if run.isCut { probes[key] = nil } else { answer(key, result) }
    }

    private func fileResult(
        _ path: String, _ ageMax: Milliseconds, _ held: HeldSandbox
    ) -> Event.ProbeResult {
        do throws(SystemCallError) {
            let modified = try held.sandbox.status(of: path).modified
            // The file's owner says what its time is, and may say anything.
            let (nanoseconds, isOlder) = realtimeNanoseconds().subtractingReportingOverflow(
                modified)
            let age = isOlder ? Int64.max : nanoseconds / 1_000_000
            // A file from the future is one that the clock was set back for: fresh.
            if age <= Int64(clamping: ageMax.count) { return .passed }
            return .failed(reason: "\(quoted(path)) is \(Milliseconds(UInt64(age))) old")
        } catch {
            return .failed(reason: "\(quoted(path)): \(error.errno)")
        }
    }
}
