import Plan
import Syscalls
import Testing

@testable import Cgroups

/// What needs a real cgroup2 file system, and no controller: root, and any place of it we may write.
@Suite(.serialized) struct KernelTests {
    /// A cgroup of the tests' own, which every test leaves empty.
    final class Parent {
        let path: String
        private let mount: Directory
        private let name: String

        init() throws {
            let found = try #require(CgroupMount.find(on: HostFiles()), "these tests need cgroup2")
            mount = try Directory(opening: found.path)
            let number = try randomBytes(4).reduce(0) { $0 << 8 | UInt32($1) }
            name = "bulkhead-tests-\(number)"
            path = "\(found.path)/\(name)"
            try mount.makeDirectory(name)
        }

        /// Names of the cgroups in it.
        func children() throws -> [String] {
            let directory = try Directory(opening: path)
            return try directory.names().filter {
                // What goes away meanwhile is no child any more.
                do throws(SystemCallError) {
                    return try FileStatus(at: directory.number, path: $0).kind == .directory
                } catch  where error.errno == .ENOENT { return false }
            }
        }

        deinit {
            // What a failed test has left.
            if let directory = try? Directory(opening: path) {
                let cgroup = CgroupDirectory(directory, path: path)
                cgroup.kill()
                cgroup.removeChildren()
            }
            try? mount.removeDirectory(name)
        }
    }

    let killed = ProcessExit.Status.killed(signal: 9, coreDumped: false)
    let parent: Parent
    let request: CgroupRequest

    init() throws {
        parent = try Parent()
        request = CgroupRequest(
            name: try SandboxName("web"), limits: Limits(), allowUnlimited: false)
    }

    func make() throws(CgroupError) -> SandboxCgroup {
        try SandboxCgroup.make(request, on: .probe(parent: parent.path))
    }

    /// Why it cannot be made; nil: it can.
    func refusal() -> CgroupError? {
        do throws(CgroupError) {
            _ = try make()
            return nil
        } catch { return error }
    }

    /// A process that sleeps in the cgroup until it is killed.
    func inhabitant(of path: String) throws -> ProcessHandle {
        let process = try spawnIDHolder()
        try Directory(opening: path).writeFile("cgroup.procs", "\(process.pid)")
        return process
    }

    /// How a process ended; nil: it still lives after two seconds.
    func ending(of process: borrowing ProcessHandle) throws -> ProcessExit.Status? {
        var entries = [PollEntry(process.descriptor.number, .readable)]
        try poll(&entries, timeoutMilliseconds: 2_000)
        return entries[0].occurred.isEmpty ? nil : try process.wait().status
    }

    @Test func aCgroupIsMadeMeasuredAndRemoved() throws {
        var cgroup = try make()
        #expect(cgroup.driver == .cgroupfs)
        #expect(cgroup.path == parent.path + "/bulkhead-run-web")
        #expect(try parent.children() == ["bulkhead-run-web"])
        #expect(cgroup.usage().cpuTime == 0)
        #expect(cgroup.limitsInForce() == [])
        try cgroup.remove()
        #expect(try parent.children() == [])
        try cgroup.remove()
    }

    @Test func everyProcessInItIsKilled() throws {
        var cgroup = try make()
        let first = try inhabitant(of: cgroup.path)
        let second = try inhabitant(of: cgroup.path)
        cgroup.kill()
        try cgroup.remove()
        let statuses = [try ending(of: first), try ending(of: second)]
        #expect(statuses == [killed, killed])
        #expect(try parent.children() == [])
    }

    @Test func cgroupsBelowItGoWithIt() throws {
        var cgroup = try make()
        let directory = try Directory(opening: cgroup.path)
        try directory.makeDirectory("a")
        try directory.makeDirectory("a/b.scope")
        let process = try inhabitant(of: cgroup.path + "/a/b.scope")
        cgroup.kill()
        let status = try ending(of: process)
        #expect(status == killed)
        try cgroup.remove()
        #expect(try parent.children() == [])
    }

    @Test func oneThatIsLivedInIsNotReplaced() throws {
        let directory = try Directory(opening: parent.path)
        try directory.makeDirectory("bulkhead-run-web")
        let process = try inhabitant(of: parent.path + "/bulkhead-run-web")
        #expect(refusal() == .alreadyRunning(request.name))
        process.killAndReap()
        var cgroup = try make()
        try cgroup.remove()
    }

    @Test func anUndertakerKillsAndRemovesWhenTheProcessDies() throws {
        let directory = try Directory(opening: parent.path)
        let mourned = try spawnIDHolder()
        var undertaker = try Undertaker(
            of: "grave", below: directory, watching: mourned.descriptor.number)
        try directory.makeDirectory("grave")
        undertaker.entrust(inode: try FileStatus(path: parent.path + "/grave").inode)
        let process = try inhabitant(of: parent.path + "/grave")
        mourned.killAndReap()
        let status = try ending(of: process)
        #expect(status == killed)
        for _ in 0..<400 where try !parent.children().isEmpty { sleep(milliseconds: 5) }
        #expect(try parent.children() == [])
    }

    @Test func theLogOfKillsCanBeReadFromHereOn() {
        var log = OutOfMemoryLog()
        let kills = log?.kills(users: 0...UInt32.max, expected: 0)
        #expect(kills == [], "nil: /dev/kmsg is not readable")
    }
}
