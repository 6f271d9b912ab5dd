internal import Audit
internal import Configuration
internal import EventLoop
internal import JSONTree
internal import Plan
internal import Scheduling
internal import Supervision
internal import Syscalls

/// A custom strategy that was asked and has not answered yet.
final class CustomQuestion {
    let snapshot: Snapshot
    let cause: String
    let process: ProcessHandle
    let answer: FileDescriptor
    let startedAt = monotonicMicroseconds()
    var bytes: [UInt8] = []
    var sources: [EventSource] = []

    init(
        _ snapshot: Snapshot, _ cause: String, _ process: consuming ProcessHandle,
        answer: consuming FileDescriptor
    ) {
        self.snapshot = snapshot
        self.cause = cause
        self.process = process
        self.answer = answer
    }

    deinit { for source in sources { source.cancel() } }
}

/// An operator's program that decides: it runs in a sandbox of its own without network, is told everything
/// on its standard input and answers on its standard output. What it says late, or against a guarantee, is
/// not followed.
extension Supervisor {
    /// Beside the program's own time, a sandbox takes a few milliseconds.
    private static let customMicroseconds: Int64 = 10_000_000
    private static let customSeconds: Int64 = 8
    private static let dismissalMicroseconds: Int64 = 5_000_000
    /// For a thousand projects with names as long as they may be.
    private static let customAnswerBytesMax = 1 << 20
    private static let customPieceBytes = 65_536
    /// Where the program is in its sandbox.
    private static let customPath = "/run/bulkhead-strategy"

    /// Asks it; the decision follows when it has answered, or its time is over.
    func askCustom(_ path: String, _ cause: String) {
        // One that has not answered yet is told the next time what changed since.
        if schedule.asking != nil { return }
        do {
            try synchronizedScheduler()
            let minute = MachineWeek.minute(at: realtimeNanoseconds() / 1_000_000_000)
            guard let snapshot = schedule.scheduler?.snapshot(minuteOfWeek: minute),
                !snapshot.asks.isEmpty
            else { return decideSchedule(cause, answer: nil) }
            try start(path, snapshot, cause)
        } catch { fallBack(host.text(error), cause) }
    }

    private func start(_ path: String, _ snapshot: Snapshot, _ cause: String) throws {
        let question = try memoryFile("bulkhead-snapshot", containing: json(snapshot).encoded())
        // The program's end waits while the pipe is full, as programs expect; ours never does.
        let (reading, writing) = try pipe().split()
        let waiting = FileDescriptor(owning: reading)
        let output = FileDescriptor(owning: writing)
        let answer = try open("/proc/self/fd/\(waiting.number)", [.readOnly, .nonBlocking])
        var arguments = [
            "bulkhead", "run", "--allow-unlimited", "--memory", "256M", "--pids", "64",
            "--workdir", "/tmp", "--time-limit", "\(Self.customSeconds)s", "--grace", "0s", "--ro",
            "\(path):\(Self.customPath)",
        ]
        if let parent = options.cgroupParent { arguments += ["--cgroup-parent", parent] }
        arguments += ["--", Self.customPath]
        let child = try spawnProgram(
            try host.client(), arguments: arguments, environment: [],
            descriptors: [question.number, output.number, nil])
        let asked = CustomQuestion(snapshot, cause, child, answer: answer)
        asked.sources = [
            try loop.watch(asked.answer.number, for: .readable) {
                [unowned self, unowned asked] _ in hear(asked)
            },
            try loop.watch(asked.process.descriptor.number, for: .readable) {
                [unowned self, unowned asked] _ in
                hear(asked)
                answered(asked)
            },
        ]
        let timer = try loop.timer { [unowned self, unowned asked] in
            end(asked, "its time of \(Self.customMicroseconds / 1_000_000) s was over")
        }
        timer.set(at: loop.now + Self.customMicroseconds)
        asked.sources.append(timer)
        schedule.asking = asked
    }

    private func hear(_ asked: CustomQuestion) {
        while schedule.asking === asked {
            let piece: [UInt8]
            do throws(SystemCallError) {
                piece = try asked.answer.read(upTo: Self.customPieceBytes)
            } catch {
                // Nothing is there now.
                return
            }
            // It said all, and stays readable.
            if piece.isEmpty { return asked.sources.first?.cancel() ?? () }
            asked.bytes += piece
            if asked.bytes.count > Self.customAnswerBytesMax {
                return end(asked, "its answer is longer than \(Self.customAnswerBytesMax) bytes")
            }
            if piece.count < Self.customPieceBytes { return }
        }
    }

    /// Its process has ended.
    private func answered(_ asked: CustomQuestion) {
        guard schedule.asking === asked else { return }
        schedule.asking = nil
        let status = try? asked.process.wait()
        for source in asked.sources { source.cancel() }
        do {
            switch status?.status {
            case .exited(code: 0): break
            case _ where monotonicMicroseconds() - asked.startedAt >= Self.customSeconds * 1_000_000:
                throw Failure.failed("it had not answered in time, after \(Self.customSeconds) s")
            case .exited(let code): throw Failure.failed("it ended with status \(code)")
            case .killed(let signal, _): throw Failure.failed("it was killed by signal \(signal)")
            case nil: throw Failure.failed("it was lost")
            }
            let entries = try Self.entries(try JSON(parsing: asked.bytes[...]))
            let answer = try CustomAnswer.check(entries, against: asked.snapshot)
            if schedule.customRefusal != nil {
                recordOrKeep(
                    AuditEntry(
                        .scheduleCustom, "the custom strategy \(strategy.text) is followed again",
                        priority: Report.Severity.notice.rawValue,
                        origin: AuditOrigin(via: .scheduler)))
            }
            schedule.customRefusal = nil
            decideSchedule(asked.cause, answer: answer)
        } catch { fallBack(host.text(error), asked.cause) }
    }

    private func end(_ asked: CustomQuestion, _ reason: String) {
        guard schedule.asking === asked else { return }
        schedule.asking = nil
        for source in asked.sources { source.cancel() }
        asked.sources = []
        dismiss(asked)
        fallBack(reason, asked.cause)
    }

    /// Ends its launcher, which ends its sandbox; where that takes too long the kernel does both.
    private func dismiss(_ asked: CustomQuestion) {
        schedule.dismissed.append(asked)
        // One that has ended already is reaped all the same.
        try? asked.process.signal(.SIGTERM)
        do throws(SystemCallError) {
            let timer = try loop.timer { [unowned self, unowned asked] in
                asked.process.killAndReap()
                schedule.dismissed.removeAll { $0 === asked }
            }
            timer.set(at: loop.now + Self.dismissalMicroseconds)
            let end = try loop.watch(asked.process.descriptor.number, for: .readable) {
                [unowned self, unowned asked] _ in
                _ = try? asked.process.wait()
                schedule.dismissed.removeAll { $0 === asked }
            }
            asked.sources = [timer, end]
        } catch {
            asked.process.killAndReap()
            schedule.dismissed.removeAll { $0 === asked }
        }
    }

    /// Priorities decide in its place, and that is told; the same reason once.
    private func fallBack(_ reason: String, _ cause: String) {
        let line = printable(String(reason.prefix(500)))
        if schedule.customRefusal != line {
            recordOrKeep(
                AuditEntry(
                    .scheduleCustom,
                    "the custom strategy \(strategy.text) is not followed: \(line); "
                        + "priority_based decides until it is",
                    priority: Report.Severity.error.rawValue,
                    origin: AuditOrigin(via: .scheduler), details: [(AuditField.cause, line)]))
        }
        schedule.customRefusal = line
        decideSchedule(cause, answer: nil)
    }

    // MARK: Text

    private func json(_ snapshot: Snapshot) -> JSON {
        [
            "capacity": Self.json(snapshot.capacity),
            "projects": .array(
                snapshot.asks.map { ask in
                    [
                        "name": .string(ask.name.text), "priority": .string(ask.priority.rawValue),
                        "weight": .real(ask.weight), "guarantee": Self.json(ask.guarantee),
                        "limit": Self.json(ask.limit), "demand": Self.json(ask.demand),
                        "allocation": Self.json(ask.allocation),
                    ]
                }),
        ]
    }

    static func json(_ amounts: Amounts) -> JSON {
        func whole(_ resource: Resource) -> JSON {
            .integer(Int64(min(max(amounts[resource], 0), 9e18)))
        }
        return [
            "cpu": whole(.cpu), "memory": whole(.memory), "disk": whole(.disk),
            "slots": whole(.slots),
        ]
    }

    /// `{"projects": [{"name": "shop", "cpu": 1500, "memory": 1073741824}, …]}`
    private static func entries(
        _ answer: JSON
    ) throws -> [(name: ProjectName, amounts: Amounts)] {
        guard let projects = answer["projects"]?.array else {
            throw Failure.failed("its answer has no list of projects")
        }
        return try projects.map { item in
            func amount(_ name: String) throws -> Double {
                guard let value = item[name] else { return 0 }
                guard let number = value.number else {
                    throw Failure.failed("its answer says \(value.kind) where \(name) should be")
                }
                return number
            }
            return (
                try ProjectName(item["name"]?.string ?? ""),
                Amounts(
                    cpu: try amount("cpu"), memory: try amount("memory"),
                    disk: try amount("disk"), slots: try amount("slots"))
            )
        }
    }
}
