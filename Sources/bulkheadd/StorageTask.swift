internal import EventLoop
internal import JSONTree
internal import Launch
internal import Plan
internal import Volumes

/// Work on a project's storage that a helper program does, and what is done when it has ended.
final class StorageTask {
    let project: ProjectName
    /// For people: `commit`.
    let verb: String
    /// A launch was due meanwhile.
    var isLaunchDue = false
    /// Whether nobody may write meanwhile: the project's processes are held, and the work begins when they
    /// stand still.
    var needsStillness = false
    /// Nil while the volume is still on its way up or down.
    var helper: AskedHelper?
    var timer: TimerSource?
    private let finish: (Result<JSON, Failure>) -> Void

    init(
        _ project: ProjectName, _ verb: String, finish: @escaping (Result<JSON, Failure>) -> Void
    ) {
        self.project = project
        self.verb = verb
        self.finish = finish
    }

    func end(_ result: Result<JSON, Failure>) { finish(result) }

    /// After the helper has ended: what it said.
    func result(of helper: AskedHelper) -> Result<JSON, Failure> {
        guard let reply = try? JSON(parsing: helper.outcome().answer[...]) else {
            return .failure(
                .failed(
                    "\(verb) of \(project) was cut off: its helper died",
                    hint: "do it again: no file is half done, and none is done twice"))
        }
        guard let message = reply["message"]?.string else { return .success(reply) }
        let hint = reply["hint"]?.string ?? ""
        guard let conflicts = reply["conflicts"] else {
            return .failure(.failed(message, hint: hint))
        }
        return .failure(
            .storageConflict(
                project, conflicts, count: reply["count"]?.integer ?? 0, message, hint: hint))
    }
}

extension ProjectVolume {
    /// As `bulkhead-storage` takes it.
    func arguments(_ options: DaemonOptions) -> [String] {
        [
            project.text, form.rawValue, kind.rawValue, path, projectID.map { String($0) } ?? "",
            options.state, options.run,
        ]
    }
}

extension Supervisor {
    /// Each is a process that reads and writes a disk.
    private static let storageTasksMax = 8

    /// Starts a task: while it is at work, nothing else is done to the project's storage and no sandbox of
    /// it is made. Where we die, its helper gives up.
    ///
    /// - Parameters:
    ///   - state: up: the volume is brought up for it, and taken down after it. down: nobody has it. nil:
    ///     it does not matter.
    ///   - words: what comes after the volume in the helper's arguments.
    func startStorageTask(
        _ task: StorageTask, _ verb: String, _ words: [String], on volume: ProjectVolume,
        being state: VolumeState?
    ) throws {
        let project = task.project
        try refuseStorageTask(of: project)
        if storageTasks.count >= Self.storageTasksMax {
            throw Failure.failed(
                "\(Self.storageTasksMax) projects' storage is being worked on already",
                hint: "try again when some are done")
        }
        // From here on it is touched.
        try acceptAction()
        storageTasks[project] = task
        func begin() {
            do {
                try whenStill(task) { [unowned self, unowned task] () throws in
                    try startHelper(for: task, [verb] + volume.arguments(options) + words)
                }
            } catch { end(task, .failure(Failure(error))) }
        }
        switch state {
        case nil: return begin()
        case .down: return try whenDown(task, tries: Self.downTries, begin)
        case .up: break
        }
        let use = VolumeUse.caller(.max)
        openVolume(of: project, for: use) { [unowned self] result in
            switch result {
            case .success(let found) where found == volume: begin()
            case .success:
                end(task, .failure(.failed("the storage of \(project) has changed meanwhile")))
            case .failure(let error): end(task, .failure(Failure(error)))
            }
        }
    }

    enum VolumeState { case up, down }

    /// Taking it down is under way when nobody uses it any more; that is soon done.
    private static let downTries = 200

    private func whenDown(_ task: StorageTask, tries: Int, _ begin: @escaping () -> Void) throws {
        task.timer = nil
        guard let held = volumes[task.project] else { return begin() }
        if tries == 0 || !held.uses.isEmpty {
            return end(
                task,
                .failure(
                    .failed(
                        "the storage of \(task.project) is in use",
                        hint: "somebody looks at its changes; try again when that is done")))
        }
        let timer = try loop.timer { [unowned self, unowned task] in
            do { try whenDown(task, tries: tries - 1, begin) } catch {
                end(task, .failure(Failure(error)))
            }
        }
        timer.set(at: loop.now + 50_000)
        task.timer = timer
    }

    /// A process that waits uninterruptibly, for a slow disk, stops when that is over.
    private static let stillnessPatience: Int64 = 30_000_000
    private static let stillnessInterval: Int64 = 10_000

    /// Begins when the last of the project's processes has stopped, where that is wanted.
    private func whenStill(_ task: StorageTask, _ begin: @escaping () throws -> Void) throws {
        guard task.needsStillness, sandboxes[task.project] != nil else { return try begin() }
        let deadline = loop.now + Self.stillnessPatience
        let timer = try loop.timer { [unowned self, unowned task] in
            do {
                guard let held = sandboxes[task.project] else {
                    throw Failure.failed("\(task.project) ended meanwhile", hint: "try again")
                }
                if !held.isFreezeDue && held.sandbox.isStill {
                    task.timer = nil
                    try begin()
                } else if loop.now < deadline {
                    task.timer?.set(at: loop.now + Self.stillnessInterval)
                } else {
                    throw Failure.failed(
                        "the processes of \(task.project) could not be stopped in time",
                        hint: "one of them waits for a disk; or stop it first: bulkhead stop "
                            + task.project.text)
                }
            } catch { end(task, .failure(Failure(error))) }
        }
        task.timer = timer
        timer.set(at: loop.now)
    }

    private func startHelper(for task: StorageTask, _ arguments: [String]) throws {
        task.helper = try AskedHelper.start(
            loop, try host.storageHelper(), ["bulkhead-storage"] + arguments, .answerApart
        ) { [unowned self, unowned task] helper in end(task, task.result(of: helper)) }
    }

    private func end(_ task: StorageTask, _ result: Result<JSON, Failure>) {
        storageTasks[task.project] = nil
        task.end(result)
        releaseVolume(of: task.project, .caller(.max))
        if task.isLaunchDue { doLater(.launch(task.project)) }
    }

    /// Refuses while something is done to it already.
    func refuseStorageTask(of project: ProjectName) throws(Failure) {
        guard let task = storageTasks[project] else { return }
        throw .failed(
            "the storage of \(project) is being worked on: \(task.verb)",
            hint: "try again when that is done")
    }

    /// Whether a launch has to wait for work on the storage.
    func putOffForStorage(_ project: ProjectName) -> Bool {
        guard let task = storageTasks[project] else { return false }
        task.isLaunchDue = true
        return true
    }
}
