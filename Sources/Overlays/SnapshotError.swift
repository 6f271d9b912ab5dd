public import Plan

/// Why a snapshot cannot be taken, restored or removed.
public enum SnapshotError: Error, Hashable, Sendable {
    case exists(WorkloadName)
    case notFound(WorkloadName)
    case tooMany
    /// It was taken when the project's storage was of another kind.
    case otherForm(WorkloadName, Snapshot.Form)
    case failed(OverlayError)
}

extension SnapshotError: Diagnosable {
    public var message: String {
        switch self {
        case .exists(let name): "there is a snapshot \(name) already"
        case .notFound(let name): "there is no snapshot \(name)"
        case .tooMany: "there are \(SnapshotStore.countMax) snapshots already, and no more are kept"
        case .otherForm(let name, let form):
            "snapshot \(name) is of another kind of storage (\(form.rawValue)) than the project has"
        case .failed(let error): error.message
        }
    }

    public var hint: String? {
        switch self {
        case .exists: "take another name, or none"
        case .notFound: "list them with: bulkhead snapshot list PROJECT"
        case .tooMany: "remove some: bulkhead snapshot remove PROJECT NAME"
        case .otherForm: "set storage and volume_kind as they were then"
        case .failed(let error): error.hint
        }
    }
}
