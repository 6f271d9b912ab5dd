/// A kernel error number with its symbolic name: errno(3).
public struct Errno: Hashable, Sendable {
    public let rawValue: CInt

    public init(rawValue: CInt) { self.rawValue = rawValue }

    public static let EPERM = Errno(rawValue: 1)
    public static let ENOENT = Errno(rawValue: 2)
    public static let ESRCH = Errno(rawValue: 3)
    public static let EINTR = Errno(rawValue: 4)
    public static let EIO = Errno(rawValue: 5)
    public static let ENXIO = Errno(rawValue: 6)
    public static let ENOEXEC = Errno(rawValue: 8)
    public static let EBADF = Errno(rawValue: 9)
    public static let ECHILD = Errno(rawValue: 10)
    public static let EAGAIN = Errno(rawValue: 11)
    public static let ENOMEM = Errno(rawValue: 12)
    public static let EACCES = Errno(rawValue: 13)
    public static let EBUSY = Errno(rawValue: 16)
    public static let EEXIST = Errno(rawValue: 17)
    public static let EXDEV = Errno(rawValue: 18)
    public static let ENODEV = Errno(rawValue: 19)
    public static let ENOTDIR = Errno(rawValue: 20)
    public static let EISDIR = Errno(rawValue: 21)
    public static let EINVAL = Errno(rawValue: 22)
    public static let ENFILE = Errno(rawValue: 23)
    public static let EMFILE = Errno(rawValue: 24)
    public static let ENOTTY = Errno(rawValue: 25)
    public static let EFBIG = Errno(rawValue: 27)
    public static let ENOSPC = Errno(rawValue: 28)
    public static let EROFS = Errno(rawValue: 30)
    public static let EPIPE = Errno(rawValue: 32)
    public static let ERANGE = Errno(rawValue: 34)
    public static let ENAMETOOLONG = Errno(rawValue: 36)
    public static let ENOSYS = Errno(rawValue: 38)
    public static let ENOTEMPTY = Errno(rawValue: 39)
    public static let ELOOP = Errno(rawValue: 40)
    public static let ETIME = Errno(rawValue: 62)
    public static let EOVERFLOW = Errno(rawValue: 75)
    public static let EMSGSIZE = Errno(rawValue: 90)
    public static let EOPNOTSUPP = Errno(rawValue: 95)
    public static let EUSERS = Errno(rawValue: 87)
    public static let ENOBUFS = Errno(rawValue: 105)
    public static let EADDRINUSE = Errno(rawValue: 98)
    public static let ECONNABORTED = Errno(rawValue: 103)
    public static let ECONNRESET = Errno(rawValue: 104)
    public static let ENOTCONN = Errno(rawValue: 107)
    public static let ETIMEDOUT = Errno(rawValue: 110)
    public static let ECONNREFUSED = Errno(rawValue: 111)
    public static let EINPROGRESS = Errno(rawValue: 115)
    public static let EDQUOT = Errno(rawValue: 122)
    public static let ECANCELED = Errno(rawValue: 125)
    public static let EOWNERDEAD = Errno(rawValue: 130)
}

extension Errno: CustomStringConvertible {
    /// The symbol and what it means to an operator: `ENOENT (no such file or directory)`.
    public var description: String {
        guard let known = Errno.known[rawValue] else { return "error \(rawValue)" }
        return "\(known.0) (\(known.1))"
    }

    private static var known: [CInt: (String, String)] {
        [
            1: ("EPERM", "not permitted"), 2: ("ENOENT", "no such file or directory"),
            3: ("ESRCH", "no such process"), 4: ("EINTR", "interrupted"), 5: ("EIO", "I/O error"),
            6: ("ENXIO", "no such device"), 8: ("ENOEXEC", "not an executable format"),
            9: ("EBADF", "bad descriptor"), 10: ("ECHILD", "no such child"),
            11: ("EAGAIN", "temporarily unavailable"), 12: ("ENOMEM", "out of memory"),
            13: ("EACCES", "permission denied"), 16: ("EBUSY", "in use"), 17: ("EEXIST", "exists"),
            18: ("EXDEV", "crosses a file system or a bound"), 19: ("ENODEV", "no such device"),
            20: ("ENOTDIR", "not a directory"), 21: ("EISDIR", "is a directory"),
            22: ("EINVAL", "invalid argument"),
            23: ("ENFILE", "too many open files on the machine"),
            24: ("EMFILE", "too many open files"), 25: ("ENOTTY", "not a terminal"),
            27: ("EFBIG", "file too large"), 28: ("ENOSPC", "no space left"),
            30: ("EROFS", "read-only file system"), 32: ("EPIPE", "nobody reads"),
            34: ("ERANGE", "out of range"), 36: ("ENAMETOOLONG", "name too long"),
            38: ("ENOSYS", "not in this kernel"), 39: ("ENOTEMPTY", "not empty"),
            40: ("ELOOP", "a symbolic link is in the way"), 62: ("ETIME", "time is over"),
            75: ("EOVERFLOW", "value too large"),
            87: ("EUSERS", "too many user namespaces"), 90: ("EMSGSIZE", "message too long"),
            95: ("EOPNOTSUPP", "not supported"), 98: ("EADDRINUSE", "in use already"),
            103: ("ECONNABORTED", "given up by the other side"),
            104: ("ECONNRESET", "the other side went away"), 105: ("ENOBUFS", "no buffer space"),
            107: ("ENOTCONN", "not connected"),
            110: ("ETIMEDOUT", "timed out"), 111: ("ECONNREFUSED", "nobody listens"),
            115: ("EINPROGRESS", "under way"), 122: ("EDQUOT", "the disk quota is used up"),
            125: ("ECANCELED", "cancelled"), 130: ("EOWNERDEAD", "the parent died"),
        ]
    }
}
