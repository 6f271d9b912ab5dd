public import Syscalls
public import Trees

/// One difference that a project's writes make to its directory.
public struct FileChange: Hashable, Sendable {
    public enum What: String, Hashable, Sendable, CaseIterable {
        case added
        /// Its content.
        case changed
        case removed
        /// By a file of another kind.
        case replaced
        /// Owner, permissions or extended attributes, and nothing else.
        case attributes
    }

    public let path: TreePath
    public let what: What
    /// Of what is there now; of what was there, where it was removed.
    public let kind: FileStatus.Kind
    /// Of a file's content.
    public let bytes: UInt64

    public init(path: TreePath, what: What, kind: FileStatus.Kind, bytes: UInt64) {
        self.path = path
        self.what = what
        self.kind = kind
        self.bytes = bytes
    }
}

extension FileStatus.Kind {
    /// For people and programs.
    public var word: String {
        switch self {
        case .fifo: "fifo"
        case .characterDevice, .blockDevice: "device"
        case .directory: "directory"
        case .regular: "file"
        case .symbolicLink: "link"
        case .socket: "socket"
        case .unknown: "unknown"
        }
    }
}
