import Namespaces
import Plan
import Syscalls
import Testbed
import Testing

@testable import Mounts

/// Detached mounts in the kernel, which takes root. Nothing is attached anywhere.
@Suite(.serialized) struct PreparedMountsTests {
    private let identity = Identity(user: 1_000, group: 1_000)
    private let range = IDRange(index: 77)
    private let skeleton = RootSkeleton(
        size: .mebibytes(4), inodes: 256,
        entries: [
            .init("dev", .directory(mode: 0o755), owner: .host),
            .init("dev/null", .device(major: 1, minor: 3), owner: .host),
            .init("tmp", .directory(mode: 0o1777)),
            .init("home", .directory(mode: 0o700), owner: .user),
            .init("bin", .link(target: "usr/bin")),
            .init("etc", .directory(mode: 0o755)),
            .init("etc/hostname", .file(text: "box\n")),
        ])

    private func prepare(_ mounts: [Mount]) throws(MountError) -> PreparedMounts {
        var prepared = try PreparedMounts(root: skeleton, range: range, identity: identity)
        for mount in mounts {
            try prepared.add(mount) { map throws(SystemCallError) in try map.makeUserNamespace() }
        }
        prepared.finish()
        return prepared
    }

    private func refusal(of mount: Mount) -> MountError? {
        do throws(MountError) {
            _ = try prepare([mount])
            return nil
        } catch { return error }
    }

    /// What the steps do, without the numbers of descriptors.
    private func words(_ prepared: borrowing PreparedMounts) -> [String] {
        prepared.steps.map(\.label)
    }

    /// The detached root, looked into.
    private func root(_ prepared: borrowing PreparedMounts) throws -> Directory {
        guard case .enterRoot(let number)? = prepared.steps.first else {
            throw SystemCallError("find", on: "the root", .ENOENT)
        }
        return try Directory(opening: ".", at: number)
    }

    @Test func theStepsStandInTheOrderOfTheMountsAndLeaveTheHostLast() throws {
        let place = try TemporaryDirectory()
        let prepared = try prepare([
            Mount(.proc, at: "/proc"), Mount(.mask, at: "/proc/kcore"),
            Mount(.readOnlyAgain, at: "/proc/sys"), Mount(.terminals, at: "/dev/pts"),
            Mount(.cgroup, at: "/sys/fs/cgroup"), Mount(.tmpfs(size: .mebibytes(1)), at: "/t"),
            Mount(.host(path: place.path, .writable, .ownerAsUser), at: "/work"),
        ])
        let words = words(prepared)
        #expect(
            words == [
                "attach the new root", "mount proc at /proc", "mask /proc/kcore",
                "make /proc/sys read-only", "mount devpts at /dev/pts",
                "mount cgroup2 at /sys/fs/cgroup", "attach /t", "attach /work",
                "leave the host's root",
            ])
    }

    @Test func theRootHasWhatTheSkeletonSaysWithItsOwners() throws {
        let prepared = try prepare([])
        let root = try root(prepared)
        let base = range.base
        func look(_ path: String) throws -> (String, UInt32, UInt32) {
            let status = try FileStatus(at: root.number, path: path, flags: .noFollow)
            return ("\(status.kind)", status.permissions, status.user)
        }
        #expect(try look("dev") == ("directory", 0o755, 0))
        #expect(try look("dev/null") == ("characterDevice", 0o666, 0))
        #expect(try look("tmp") == ("directory", 0o1777, base))
        #expect(try look("home") == ("directory", 0o700, base + 1_000))
        #expect(try look("bin").0 == "symbolicLink")
        #expect(try look(".") == ("directory", 0o755, base))
        #expect(try root.readFile("etc/hostname") == "box\n")
    }

    @Test func mountPointsAreMadeWithTheDirectoriesThatLeadThere() throws {
        let place = try TemporaryDirectory()
        let files = try Directory(opening: place.path)
        try files.createFile("file", containing: "x")
        let prepared = try prepare([
            Mount(.host(path: place.path, .readOnly, .ownerAsUser), at: "/a/b/c"),
            Mount(.host(path: place.path + "/file", .readOnly, .ownerAsUser), at: "/x/y"),
            Mount(.tmpfs(size: .mebibytes(1)), at: "/tmp/t"),
        ])
        let root = try root(prepared)
        for (path, kind) in [
            ("a", "directory"), ("a/b", "directory"), ("a/b/c", "directory"), ("x", "directory"),
            ("x/y", "regular"), ("tmp/t", "directory"),
        ] {
            let found = try FileStatus(at: root.number, path: path, flags: .noFollow)
            #expect("\(found.kind)" == kind, "\(path)")
        }
        #expect(try FileStatus(at: root.number, path: "a/b").user == range.base)
    }

    @Test func nothingIsMadeInAGrantedDirectory() throws {
        let place = try TemporaryDirectory()
        let path = place.path
        _ = try prepare([
            Mount(.host(path: path, .writable, .ownerAsUser), at: "/work"),
            Mount(.tmpfs(size: .mebibytes(1)), at: "/work/scratch"),
        ])
        #expect(try Directory(opening: path).names() == [])
    }

    @Test func aGrantShowsItsOwnerAsTheUserAndCannotBeWrittenWhenReadOnly() throws {
        let place = try TemporaryDirectory()
        let files = try Directory(opening: place.path)
        try files.createFile("mine", containing: "x")
        try files.setOwner("mine", user: 4_321, group: 4_321)
        try files.setOwner(".", user: 4_321, group: 4_321)
        let prepared = try prepare([
            Mount(.host(path: place.path, .readOnly, .ownerAsUser), at: "/ro"),
            Mount(.host(path: place.path, .writable, .ownerAsUser), at: "/rw"),
        ])
        let trees = prepared.steps.compactMap { step in
            if case .attach(let number, _) = step { number } else { nil as CInt? }
        }
        #expect(trees.count == 2)
        for tree in trees {
            let status = try FileStatus(at: tree, path: "mine")
            #expect([status.user, status.group] == [range.base + 1_000, range.base + 1_000])
        }
        let readOnly = failure { () throws(SystemCallError) in
            _ = try open("mine", at: trees[0], .writeOnly)
        }
        #expect(readOnly?.errno == .EROFS)
    }

    @Test func whatIsMissingIsNamed() throws {
        let place = try TemporaryDirectory()
        let path = place.path + "/none"
        let error = refusal(of: Mount(.host(path: path, .readOnly, .ownerAsUser), at: "/x"))
        #expect(error == .cannotOpen(path: path, SystemCallError("openat2", on: path, .ENOENT)))
        #expect(error?.message == "cannot grant '\(path)': ENOENT (no such file or directory)")
        #expect(error?.hint == "create it first, or correct the path")
    }

    @Test func aLinkAnywhereInAGrantedPathIsRefused() throws {
        let place = try TemporaryDirectory()
        let files = try Directory(opening: place.path)
        try files.makeDirectory("real")
        try files.makeDirectory("real/sub")
        try files.makeSymbolicLink("link", to: "real")
        for path in [place.path + "/link", place.path + "/link/sub"] {
            let error = refusal(of: Mount(.host(path: path, .writable, .ownerAsUser), at: "/x"))
            #expect(error == .cannotOpen(path: path, SystemCallError("openat2", on: path, .ELOOP)))
            #expect(
                error?.hint
                    == "a symbolic link is in the path; name what it leads to (readlink -f)")
        }
        // The system's own may be links: /etc/resolv.conf.
        let system = Mount(.host(path: place.path + "/link", .readOnly, .unmapped), at: "/x")
        #expect(refusal(of: system) == nil)
    }

    @Test func aFifoIsNotGranted() throws {
        let place = try TemporaryDirectory()
        try place.makeFifo("fifo")
        let path = place.path + "/fifo"
        let error = refusal(of: Mount(.host(path: path, .readOnly, .ownerAsUser), at: "/x"))
        #expect(error == .unsuitable(path: path, kind: "fifo"))
        #expect(error?.message == "cannot grant '\(path)': it is a fifo")
        #expect(error?.hint == "grant a directory or a regular file")
    }

    @Test func aFileSystemWithoutIDMapsIsRefusedWritable() throws {
        // proc(5) has never been able to: fs/proc/root.c, no FS_ALLOW_IDMAP.
        let error = refusal(of: Mount(.host(path: "/proc/fs", .writable, .ownerAsUser), at: "/x"))
        guard case .notIDMappable("/proc/fs", let cause)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(cause.call == "mount_setattr")
        #expect(cause.errno == .EINVAL)
        #expect(
            error?.hint
                == "put the files on ext4, xfs or btrfs (tmpfs needs Linux 6.3), or grant them "
                + "read-only")
    }

    @Test func aMountPointThatIsALinkIsRefused() throws {
        for (destination, name) in [("/bin", "bin"), ("/bin/x", "bin")] {
            let error = refusal(of: Mount(.tmpfs(size: .mebibytes(1)), at: destination))
            #expect(
                error
                    == .noMountPoint(
                        destination: destination, SystemCallError("mkdirat", on: name, .ENOTDIR)))
            #expect(
                error?.hint
                    == "a file and a directory cannot be mounted over each other; "
                    + "choose another destination")
        }
    }

    @Test func aFileAndADirectoryAreNotMountedOverEachOther() throws {
        let place = try TemporaryDirectory()
        try Directory(opening: place.path).createFile("file", containing: "")
        let overDirectory = refusal(
            of: Mount(.host(path: place.path + "/file", .readOnly, .ownerAsUser), at: "/tmp"))
        #expect(
            overDirectory
                == .noMountPoint(
                    destination: "/tmp", SystemCallError("mkdirat", on: "tmp", .ENOTDIR)))
        let overFile = refusal(of: Mount(.tmpfs(size: .mebibytes(1)), at: "/etc/hostname"))
        #expect(
            overFile
                == .noMountPoint(
                    destination: "/etc/hostname",
                    SystemCallError("mkdirat", on: "etc/hostname", .ENOTDIR)))
    }

    @Test func aRootTooSmallForWhatIsInItIsAnError() throws {
        let error = #expect(throws: MountError.self) {
            do {
                _ = try PreparedMounts(
                    root: RootSkeleton(size: .mebibytes(1), inodes: 3, entries: skeleton.entries),
                    range: range, identity: identity)
            }
        }
        guard case .failed(let cause)? = error else { return }
        #expect(cause.errno == .ENOSPC)
        #expect(error?.message.hasPrefix("cannot build the sandbox's root: ") == true)
    }

    @Test func nothingIsLeftOfWhatWasPrepared() throws {
        let place = try TemporaryDirectory()
        let path = place.path
        let mount = Mount(.host(path: path, .writable, .ownerAsUser), at: "/work")
        let left = try leaks {
            _ = try prepare([mount, Mount(.tmpfs(size: .mebibytes(1)), at: "/t")])
            // Nor of what failed on the way.
            _ = refusal(of: Mount(.host(path: path + "/none", .writable, .ownerAsUser), at: "/x"))
        }
        #expect(left == [])
        #expect(try !readFile("/proc/self/mountinfo", limit: 16 << 20).contains(path))
    }
}
