internal import Audit
internal import Configuration
internal import JSONTree
internal import Journal
internal import Ledger
internal import Plan
internal import Supervision
internal import Syscalls
internal import Varlink

/// Configurations: planned, applied, rolled back. A version comes into force whole, in one transaction
/// with everything that it changes, or not at all.
extension Supervisor {
    /// Who applies a configuration, and how.
    struct Applicant {
        let user: UInt32
        let via: String
    }

    // MARK: Loading

    /// What is on the disk, after what was decided to be there is.
    func readFiles() throws -> [SourceFile] {
        try writePendingFiles()
        return try SourceFile.read(
            directory: options.configuration, classes: host.installation.classCandidates)
    }

    func load(_ files: [SourceFile]) throws -> Configuration {
        do throws(ConfigurationError) {
            return try Configuration.load(
                files: files, environment: host.environment, machine: host.capacity)
        } catch {
            throw Failure.configurationInvalid(error.lines)
        }
    }

    // MARK: Coming into force

    /// Puts `files` in force and tells the version and what it changes. Files that are the ones in force
    /// already make no new version.
    ///
    /// - Parameters:
    ///   - pending: what is then written to the disk, so that it is what is in force.
    ///   - also: what is written down together with a new version; nil: each limit that it changes.
    func apply(
        _ files: [SourceFile], _ applicant: Applicant, pending: [PendingFile] = [],
        summary: String? = nil,
        also: ((borrowing LedgerChanges) throws(LedgerError) -> Void)? = nil
    ) throws -> (version: Int64, changes: [ProjectChange]) {
        let next = try load(files)
        let changes = Configuration.changes(from: active.configuration, to: next)
        if !pending.isEmpty { try tryToWrite(pending) }
        if files == active.files && next == active.configuration && active.version > 0 {
            // It is in force, which does not say that it is on the disk.
            if !pending.isEmpty {
                try actionTransaction(.power) { ledger throws(LedgerError) in
                    try ledger.setPendingFiles(pending)
                }
                try writePendingFiles()
            }
            active.refusal = nil
            return (active.version, changes)
        }
        schedule.isAdmissionHeld = true
        defer {
            schedule.isAdmissionHeld = false
            admitWhoFits()
        }
        let origin = action?.origin ?? AuditOrigin(via: .configuration)
        let limits = also == nil ? limitChanges(to: next.projects, by: applicant.user) : []
        let version = try request(.configured(next.projects)) { ledger throws(LedgerError) in
            let version = try ledger.appendVersion(
                files: files.map(\.asLedgerFile), appliedAt: realtimeNanoseconds(),
                actor: applicant.user, via: applicant.via, projects: next.projects.count,
                summary: summary ?? Self.summary(of: changes))
            try ledger.setActiveVersion(version)
            try ledger.setPendingFiles(pending)
            try also?(ledger)
            try ledger.append(
                AuditEntry(
                    .configurationApplied,
                    "configuration version \(version) is in force: "
                        + (summary ?? Self.summary(of: changes)),
                    origin: origin,
                    details: [
                        (AuditField.version, String(version)),
                        (AuditField.from, String(active.version)),
                        (AuditField.to, String(version)),
                    ] + AuditEntry.cadence(next.global.audit)))
            try ledger.append(limitChanges: limits, by: origin)
            return version
        }
        active = ActiveConfiguration(configuration: next, version: version, files: files)
        configurationChanged()
        try writePendingFiles()
        return (version, changes)
    }

    /// `2 added, 1 changed`.
    private static func summary(of changes: [ProjectChange]) -> String {
        var parts: [String] = []
        for verb in ProjectChange.Verb.allCases where verb != .keep {
            let count = changes.count { $0.verb == verb }
            if count > 0 { parts.append("\(count) \(verb.pastTense)") }
        }
        return parts.isEmpty ? "no project changed" : commaSeparated(parts)
    }

    /// Refuses, before a version is in force, what could not be written to the disk after it.
    private func tryToWrite(_ files: [PendingFile]) throws(SystemCallError) {
        let directory = try Directory(opening: options.configuration)
        for file in files { try host.tryToReplace(file, in: directory) }
    }

    /// Writes to the disk what was decided to be there; done again before anything is read from there,
    /// and so at the next start where we die in between.
    func writePendingFiles() throws {
        let files = try ledger.pendingFiles()
        if files.isEmpty { return }
        let directory = try Directory(opening: options.configuration)
        for file in files { try host.replace(file, in: directory) }
        try ledger.transaction(.power) { changes throws(LedgerError) in
            try changes.setPendingFiles([])
        }
    }

    // MARK: Methods

    func planConfiguration(_ call: Call) throws {
        let next = try load(try readFiles())
        let changes = Configuration.changes(from: active.configuration, to: next)
        call.reply([
            "changes": .array(changes.map(json)),
            "unused": .array(next.unused.map { .string($0.description) }),
        ])
    }

    func applyConfiguration(_ call: Call) throws {
        let (version, changes) = try recordingRefusal {
            try apply(try readFiles(), Applicant(user: call.peer.user, via: "apply"))
        }
        call.reply(["version": .integer(version), "changes": .array(changes.map(json))])
    }

    func rollBackConfiguration(_ call: Call) throws {
        let wanted = call.parameters["version"]?.integer ?? 0
        let files = try ledger.files(ofVersion: wanted).map(SourceFile.init)
        if call.parameters["plan"]?.bool ?? false {
            let changes = Configuration.changes(from: active.configuration, to: try load(files))
            return call.reply(["version": .integer(wanted), "changes": .array(changes.map(json))])
        }
        let (version, changes) = try recordingRefusal { try goBack(to: files, wanted, call) }
        call.reply(["version": .integer(version), "changes": .array(changes.map(json))])
    }

    private func goBack(
        to files: [SourceFile], _ wanted: Int64, _ call: Call
    ) throws -> (version: Int64, changes: [ProjectChange]) {
        // What is on the disk now and not in that version goes.
        let now = try readFiles()
        // The quota classes that came with that version's program are in force again until the next
        // configuration, and stay what they are on the disk.
        var pending = files.filter { !$0.isInstalled }
            .map { PendingFile(name: $0.name, content: $0.bytes) }
        for file in now where !file.isInstalled && !files.contains(where: { $0.name == file.name })
        {
            pending.append(PendingFile(name: file.name, content: nil))
        }
        return try apply(
            files, Applicant(user: call.peer.user, via: "rollback"), pending: pending,
            summary: "back to version \(wanted)")
    }

    func configurationHistory(_ call: Call) throws {
        let limit = call.parameters["limit"]?.integer ?? 20
        let versions = try ledger.history(limit: Int(clamping: max(1, min(limit, 1_000))))
        call.reply(["versions": .array(versions.map(json))])
    }

    func register(_ call: Call) throws {
        let name = try projectName(call, "name")
        let path = try PlainPath(
            onHost: call.parameters["path"]?.string ?? "", base: nil, for: "path"
        ).text
        if fleet.view(of: name) != nil {
            let origin = active.configuration.origins[name].map { " in \($0)" } ?? ""
            throw Failure.alreadyRegistered(name, hint: "it is configured\(origin)")
        }
        try host.checkProjectDirectory(path)
        let file = SourceFile(
            name: "projects.d/\(name).yaml",
            bytes: Array(projectFile(name: name, path: path).utf8))
        if try readFiles().contains(where: { $0.name == file.name }) {
            throw Failure.alreadyRegistered(
                name, hint: "\(options.configuration)/\(file.name) is there: bulkhead config apply")
        }
        // To what is in force, not to what somebody may be editing on the disk.
        let (version, _) = try apply(
            SourceFile.inOrder(active.files + [file]),
            Applicant(user: call.peer.user, via: "register"),
            pending: [PendingFile(name: file.name, content: file.bytes)],
            summary: "registered \(name)")
        call.reply([
            "file": .string("\(options.configuration)/\(file.name)"), "version": .integer(version),
        ])
    }

    /// A project that has a file of its own goes with it; any other is somebody's text to change.
    func remove(_ call: Call) throws {
        let name = try projectName(call)
        let withStorage = call.parameters["storage"]?.bool ?? false
        guard fleet.view(of: name) != nil else {
            guard withStorage, try ledger.volumes().contains(where: { $0.project == name }) else {
                throw Failure.projectNotFound(name, self)
            }
            // It was removed before, and what it stored was left.
            try acceptAction()
            try removeStorage(of: name)
            return call.reply()
        }
        let own = "projects.d/\(name).yaml"
        let files = active.files
        let layer = QuotaLayer.fileName(of: name)
        let rest = files.filter { $0.name != own && $0.name != layer }
        let origin = active.configuration.origins[name]
        guard files.contains(where: { $0.name == own }), origin?.file == own,
            try load(rest).projects.count == active.configuration.projects.count - 1
        else {
            throw Failure.failed(
                "\(name) is configured in \(origin.map { "\($0)" } ?? "a file") together with others",
                hint: "take it out there and type: bulkhead config apply")
        }
        _ = try apply(
            rest, Applicant(user: call.peer.user, via: "remove"),
            pending: [own, layer].filter { file in files.contains { $0.name == file } }.map {
                PendingFile(name: $0, content: nil)
            }, summary: "removed \(name)")
        if withStorage { try removeStorage(of: name) }
        call.reply()
    }

    private func json(_ change: ProjectChange) -> JSON {
        [
            "project": .string(change.project.text), "verb": .string(change.verb.rawValue),
            "detail": .string(change.detail),
        ]
    }

    /// SIGHUP: as `bulkhead config apply`, with nobody to answer but the journal.
    func reload() {
        do {
            _ = try apply(try readFiles(), Applicant(user: 0, via: "reload"))
        } catch {
            let failure = Failure(error)
            active.refusal = failure.line
            recordRefusal(failure, by: AuditOrigin(via: .configuration))
        }
    }

    /// What a caller wants in force, with a record where it cannot be.
    private func recordingRefusal<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch {
            // Once that is accepted it is in force.
            if let action, action.stage == .open {
                recordRefusal(Failure(error), by: action.origin)
            }
            throw error
        }
    }

    private func recordRefusal(_ failure: Failure, by origin: AuditOrigin) {
        recordOrKeep(
            AuditEntry(
                .configurationRefused,
                "the configuration is refused, version \(active.version) stays in force: "
                    + printable(failure.line), origin: origin))
    }
}
