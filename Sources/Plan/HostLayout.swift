/// What the plan must know of the host's file system.
public struct HostLayout: Hashable, Sendable {
    public enum Entry: Hashable, Sendable {
        case directory
        case link(target: String)
    }

    /// The first level of the root file system, by name, sorted; of the host only what belongs to
    /// /usr: bin, lib, lib64….
    public var topLevel: [String: Entry]
    /// Of `HostLayout.configuration`, what there is.
    public var configuration: [String]
    /// Where /etc/localtime points, if it is a link.
    public var timeZone: String?
    /// Nil where it cannot be told: a directory that has been removed.
    public var currentDirectory: String?
    /// The caller's home directory.
    public var home: String?

    public init(
        topLevel: [String: Entry], configuration: [String], timeZone: String?,
        currentDirectory: String?, home: String?
    ) {
        self.topLevel = topLevel
        self.configuration = configuration
        self.timeZone = timeZone
        self.currentDirectory = currentDirectory
        self.home = home
    }

    /// Files and directories of /etc that programs below /usr need to work, and that hold no
    /// secret: everything else of the host's /etc stays outside.
    public static let configuration = [
        "alternatives",  // Debian's links from /usr/bin to the chosen program
        "fonts",
        "java-11-openjdk", "java-17-openjdk", "java-21-openjdk",  // /usr/lib/jvm links into them
        "ld.so.cache",  // else every start of a program searches directories
        "protocols", "services",
        "resolv.conf",  // only with the host's network
        "ssl",  // the certificate authorities; private keys in it are for root only
    ]
}
