/// How much of a tree that untrusted code has written is looked at.
public enum TreeLimits {
    /// Directories within directories: each takes a descriptor or two while it is walked.
    public static let depth = 200
    /// Names in one directory, which are held and sorted.
    public static let names = 500_000
    /// Files in all: above it a walk is refused and not cut.
    public static let files = 5_000_000
    /// Conflicts that are named; of the rest only the number is told.
    public static let conflicts = 50
    /// Files with several names whose names are kept together; the others are copied for each name.
    public static let links = 65_536
    /// Bytes of extended attributes of one file, in all.
    public static let attributeBytes = 1 << 20
}
