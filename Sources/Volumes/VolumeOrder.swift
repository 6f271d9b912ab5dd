public import Plan

/// Work on a volume that may take long, as it is told to a process of its own.
public struct VolumeOrder: Hashable, Sendable {
    public enum Verb: String, Hashable, Sendable {
        /// Makes it where it is being made, checks it, limits it, and mounts it.
        case open
        /// Unmounts it.
        case close
        /// Changes the limits of one that is up; refuses what is less than what is used.
        case limit
        /// Lets the files of a project's own directory count for nobody again.
        case release
        /// Deletes it with all that was kept of it, but for what was quarantined.
        case remove
    }

    public var verb: Verb
    public var record: VolumeRecord
    public var form: StorageForm
    /// The project's own directory.
    public var path: String
    public var disk: Bytes?
    public var inodes: UInt64?
    public var places: VolumePlaces

    public init(
        _ verb: Verb, _ record: VolumeRecord, form: StorageForm, path: String, disk: Bytes?,
        inodes: UInt64?, places: VolumePlaces
    ) {
        self.verb = verb
        self.record = record
        self.form = form
        self.path = path
        self.disk = disk
        self.inodes = inodes
        self.places = places
    }

    public var volume: ProjectVolume {
        ProjectVolume(
            record.project, form, record.kind, path: path,
            projectID: record.projectID == 0 ? nil : record.projectID, in: places)
    }

    /// As arguments of a program, in an order that both sides know.
    public var arguments: [String] {
        [
            verb.rawValue, record.project.text, record.kind.rawValue, record.state.rawValue,
            String(record.projectID), record.identity, record.path, String(record.madeAt),
            form.rawValue, path, disk.map { String($0.count) } ?? "",
            inodes.map { String($0) } ?? "", places.homes, places.mounts,
        ]
    }

    /// Nil where these are no arguments that `arguments` gave.
    public init?(arguments: [String]) {
        guard arguments.count == 14, let verb = Verb(rawValue: arguments[0]),
            let project = try? ProjectName(arguments[1]),
            let kind = VolumeKind(rawValue: arguments[2]),
            let state = VolumeRecord.State(rawValue: arguments[3]),
            let projectID = UInt32(arguments[4]), let madeAt = Int64(arguments[7]),
            let form = StorageForm(rawValue: arguments[8])
        else { return nil }
        let disk = UInt64(arguments[10])
        let inodes = UInt64(arguments[11])
        if disk == nil && !arguments[10].isEmpty || inodes == nil && !arguments[11].isEmpty {
            return nil
        }
        self.init(
            verb,
            VolumeRecord(
                project: project, kind: kind, state: state, projectID: projectID,
                identity: arguments[5], path: arguments[6], madeAt: madeAt),
            form: form, path: arguments[9], disk: disk.map { Bytes($0) }, inodes: inodes,
            places: VolumePlaces(homes: arguments[12], mounts: arguments[13]))
    }
}

/// What came of an order, as the process tells it: an error's message and hint, or nothing.
public enum VolumeOutcome {
    /// What a process tells has no need to be longer.
    public static let bytesMax = 16_384

    public static func text(of error: VolumeError) -> String {
        "\(error.message)\u{0}\(error.hint ?? "")"
    }

    /// - Parameter status: what the process ended with; 0: it is done.
    public static func error(status: Int32, said bytes: [UInt8]) -> VolumeError? {
        if status == 0 { return nil }
        let parts = bytes.split(
            separator: 0, maxSplits: 1, omittingEmptySubsequences: false
        ).map { String(decoding: $0, as: UTF8.self) }
        guard parts.count == 2, !parts[0].isEmpty else {
            return .interrupted(reason: "its helper ended with status \(status)")
        }
        return .told(message: parts[0], hint: parts[1].isEmpty ? nil : parts[1])
    }
}
