import Plan
import Syscalls
import Testbed
import Testing

@testable import Namespaces

/// These make user namespaces, which takes root.
@Suite(.serialized) struct IDMapTests {
    @Test func aProcessGetsTheMapsOfItsRange() throws {
        let range = IDRange(index: 9)
        let holder = try spawnIDHolder()
        defer { holder.killAndReap() }
        try IDMap.range(range).write(forProcess: holder.pid)
        for file in ["uid_map", "gid_map"] {
            let fields = try readFile("/proc/\(holder.pid)/\(file)").split(separator: " ")
            #expect(fields == ["0", "\(range.base)", "65536\n"], "\(file)")
        }
    }

    @Test func mapsAreWrittenOnceOnly() throws {
        let holder = try spawnIDHolder()
        defer { holder.killAndReap() }
        let map = IDMap.single(user: 3, group: 4, shownAsUser: 70_000, shownAsGroup: 70_001)
        try map.write(forProcess: holder.pid)
        #expect(
            try readFile("/proc/\(holder.pid)/uid_map").split(separator: " ")
                == ["3", "70000", "1\n"])
        let error = failure { () throws(SystemCallError) in
            try IDMap.range(IDRange(index: 1)).write(forProcess: holder.pid)
        }
        #expect(error?.errno == .EPERM)
        #expect(error?.target == "uid_map")
    }

    @Test func aNamespaceOutlivesTheProcessThatCarriedItsMaps() throws {
        var kind: String?
        let left = try leaks {
            let namespace = try IDMap.single(
                user: 0, group: 0, shownAsUser: 0x7000_03E8, shownAsGroup: 0x7000_03E8
            ).makeUserNamespace()
            kind = try linkTarget("/proc/thread-self/fd/\(namespace.descriptor.number)")
        }
        #expect(kind?.hasPrefix("user:[") == true)
        #expect(left == [])
    }

    @Test func aProcessThatIsGoneIsAnError() throws {
        let holder = try spawnIDHolder()
        let pid = holder.pid
        holder.killAndReap()
        #expect(
            failure { () throws(SystemCallError) in
                try IDMap.range(IDRange(index: 0)).write(forProcess: pid)
            } == SystemCallError("openat2", on: "/proc/\(pid)", .ENOENT))
    }
}
