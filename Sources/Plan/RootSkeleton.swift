/// The sandbox's root: a tmpfs of its own that holds the mount points, the devices, a few files of
/// /etc and everything private that the command may write.
public struct RootSkeleton: Hashable, Sendable {
    public var size: Bytes
    public var inodes: UInt64
    /// Parents before what they contain.
    public var entries: [Entry]

    public struct Entry: Hashable, Sendable {
        public enum Kind: Hashable, Sendable {
            case directory(mode: UInt32)
            case link(target: String)
            case file(text: String)
            case device(major: UInt32, minor: UInt32)
        }
        /// Whose it is, seen from inside.
        public enum Owner: Hashable, Sendable {
            /// The host's root, which nobody inside is or can become.
            case host
            /// User and group 0 of the sandbox.
            case root
            /// The command's user.
            case user
        }

        /// Without a leading slash.
        public var path: String
        public var kind: Kind
        public var owner: Owner

        public init(_ path: String, _ kind: Kind, owner: Owner = .root) {
            self.path = path
            self.kind = kind
            self.owner = owner
        }
    }

    public init(size: Bytes, inodes: UInt64, entries: [Entry]) {
        self.size = size
        self.inodes = inodes
        self.entries = entries
    }
}
