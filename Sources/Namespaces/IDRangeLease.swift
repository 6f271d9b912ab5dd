public import Plan
internal import Syscalls

/// An id range that no other sandbox on this machine has, for as long as this lives.
///
/// A lease is a lock on one byte of one file, so the kernel ends it when its holder dies and nothing
/// is left to clean up. What a sandbox writes on the host is owned by whoever owns the granted
/// directory (idmapped mounts), so no file carries an id of the range and it may be used again.
public struct IDRangeLease: ~Copyable, Sendable {
    public let range: IDRange
    private let lock: FileDescriptor

    /// A copy of this descriptor holds the lease as well, whoever has it.
    public var number: CInt { lock.number }

    /// Leases a free range.
    ///
    /// - Parameters:
    ///   - directory: where the lock file is; made, for root alone, where absent.
    ///   - name: whose range it is: the same name gets the same one again, where that is free. journald
    ///     keeps a file of eight mebibytes for each user it hears of, so a project that comes and goes
    ///     should be one. Nil: any.
    public init(
        in directory: String = "/run/bulkhead", preferredBy name: ProjectName? = nil
    ) throws(NamespaceError) {
        do {
            let lock = try Self.lockFile(in: directory)
            // A random start: a range is not used again at once, while the kernel may still be
            // ending the last process of a sandbox that had it. A project's last sandbox is gone before
            // it gets another.
            let start: UInt32
            if let name { start = Self.start(of: name) } else { start = try Self.randomStart() }
            let count = UInt32(IDRange.indices.count)
            for offset in IDRange.indices {
                let index = (start + offset) % count
                if try lock.lockByte(at: Int64(index)) {
                    range = IDRange(index: index)
                    self.lock = lock
                    return
                }
            }
        } catch { throw .failed(error) }
        throw .exhausted
    }

    private static func randomStart() throws(SystemCallError) -> UInt32 {
        let random = try randomBytes(2)
        return UInt32(random[0]) << 8 | UInt32(random[1])
    }

    /// FNV-1a (draft-eastlake-fnv): the same in every process, unlike `Hasher`.
    private static func start(of name: ProjectName) -> UInt32 {
        name.text.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
            % UInt32(IDRange.indices.count)
    }

    private static func lockFile(in directory: String) throws(SystemCallError) -> FileDescriptor {
        let path = directory + "/id-ranges"
        do { return try Syscalls.open(path, .readWrite, resolve: .noSymlinks) } catch
            where error.errno == .ENOENT
        {
            let here = try open("/", .path)
            let root = Directory(here)
            // From the root on, so without the slash in front.
            let relative = String(directory.drop { $0 == "/" })
            do { try root.makeDirectory(relative, mode: 0o755) } catch
                where error.errno == .EEXIST
            {}
            return try Syscalls.open(
                path, [.readWrite, .create], mode: 0o600, resolve: .noSymlinks)
        }
    }
}
