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
            let host = HostFiles()
            let found = try #require(CgroupMount.find(on: host), "these tests need cgroup2")
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
                try FileStatus(at: directory.number, path: $0).kind == .directory
            }
        }

        deinit { try? mount.removeDirectory(name) }
    }

    let request = CgroupRequest(
        name: try! SandboxName("web"), limits: Limits(), allowUnlimited: false)

    @Test func aCgroupIsMadeAndRemoved() throws {
        let parent = try Parent()
        var cgroup = try SandboxCgroup.make(request, on: .probe(parent: parent.path))
        #expect(cgroup.driver == .cgroupfs)
        #expect(cgroup.path == parent.path + "/bulkhead-run-web")
        #expect(try parent.children() == ["bulkhead-run-web"])
        #expect(cgroup.usage().cpuTime == 0)
        try cgroup.remove()
        #expect(try parent.children() == [])
        try cgroup.remove()
    }
}
