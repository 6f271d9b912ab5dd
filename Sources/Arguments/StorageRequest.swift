public import Plan

/// What is done to what a project stores: `storage`, `diff`, `commit`, `discard`, `snapshot` and
/// `rescue`.
public enum StorageRequest: Hashable, Sendable {
    /// Nil: of all projects.
    case show(ProjectName?)
    case diff(ProjectName)
    /// - paths: empty: everything.
    case commit(ProjectName, paths: [String], force: Bool)
    case discard(ProjectName, paths: [String])
    /// - name: nil: one is made up.
    case createSnapshot(ProjectName, name: WorkloadName?)
    case listSnapshots(ProjectName)
    case restoreSnapshot(ProjectName, name: WorkloadName)
    case removeSnapshot(ProjectName, name: WorkloadName)
    /// What is run meanwhile.
    case rescue(ExecuteRequest)

    enum SnapshotAction: String, CaseIterable { case create, list, restore, remove }
    static let snapshotActions = SnapshotAction.allCases.map(\.rawValue)
}

extension StorageRequest {
    init(_ parsed: ParsedArguments) throws(ArgumentsError) {
        switch parsed.command {
        case .commit:
            self = .commit(
                try parsed.storageProject(0), paths: parsed.paths, force: parsed.has(.force))
        case .discard:
            let project = try parsed.storageProject(0)
            if parsed.paths.isEmpty && !parsed.has(.yes) {
                throw .contradiction(
                    "discard without a path forgets everything that \(project) has changed",
                    remedy: "name paths, or add --yes")
            }
            self = .discard(project, paths: parsed.paths)
        case .snapshot: self = try Self.snapshot(parsed)
        case .storage: self = .show(try parsed.projectOrNone())
        case .rescue: self = .rescue(try ExecuteRequest(rescue: parsed))
        default:
            self = .diff(try parsed.storageProject(0))
            try parsed.refuseOperands(after: 1)
        }
    }

    private static func snapshot(_ parsed: ParsedArguments) throws(ArgumentsError) -> StorageRequest
    {
        let action = try parsed.choice(SnapshotAction.self, 0, "ACTION")
        let project = try parsed.storageProject(1)
        if action == .list {
            if parsed.has(.reason) {
                throw .unexpectedOperand("--reason", command: "snapshot list")
            }
            try parsed.refuseOperands(after: 2)
            return .listSnapshots(project)
        }
        try parsed.refuseOperands(after: 3)
        if action == .create && parsed.operands.count < 3 {
            return .createSnapshot(project, name: nil)
        }
        let text = try parsed.operand(2, "NAME")
        let name: WorkloadName
        do throws(InvalidValue) { name = try WorkloadName(text) } catch { throw .invalid(error) }
        switch action {
        case .restore: return .restoreSnapshot(project, name: name)
        case .remove: return .removeSnapshot(project, name: name)
        case .create, .list: return .createSnapshot(project, name: name)
        }
    }
}

extension ParsedArguments {
    fileprivate var paths: [String] { Array(operands.dropFirst()) }

    fileprivate func storageProject(_ position: Int) throws(ArgumentsError) -> ProjectName {
        let text = try operand(position, "PROJECT")
        do throws(InvalidValue) { return try ProjectName(text) } catch { throw .invalid(error) }
    }
}
