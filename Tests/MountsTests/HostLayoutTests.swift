import Plan
import Syscalls
import Testbed
import Testing

@testable import Mounts

struct HostLayoutTests {
    @Test func aRootOfItsOwnIsReadWithoutWhatASandboxHasItself() throws {
        let place = try TemporaryDirectory()
        let root = try Directory(opening: place.path)
        for name in ["usr", "etc", "proc", "sys", "dev", "tmp", "run", "home", "root", "srv"] {
            try root.makeDirectory(name)
        }
        try root.makeSymbolicLink("bin", to: "usr/bin")
        try root.createFile("init", containing: "")
        let layout = try HostLayout.read(root: place.path, home: "/root")
        #expect(
            layout.topLevel == [
                "usr": .directory, "etc": .directory, "srv": .directory,
                "bin": .link(target: "usr/bin"),
            ])
        #expect(layout.home == "/root")
    }

    @Test func ofTheHostOnlyTheSystemIsTaken() throws {
        let layout = try HostLayout.read(root: nil, home: nil)
        #expect(layout.topLevel["usr"] == .directory)
        #expect(
            Set(layout.topLevel.keys).isSubset(of: [
                "usr", "bin", "lib", "lib32", "lib64", "libx32", "sbin",
            ]))
        #expect(Set(layout.configuration).isSubset(of: HostLayout.configuration))
    }

    @Test func aRootThatIsNoneIsNamed() throws {
        let place = try TemporaryDirectory()
        let path = place.path + "/none"
        let error = #expect(throws: MountError.self) {
            _ = try HostLayout.read(root: path, home: nil)
        }
        #expect(error == .cannotOpen(path: path, SystemCallError("openat2", on: path, .ENOENT)))
        try Directory(opening: place.path).makeSymbolicLink("none", to: "/")
        let link = #expect(throws: MountError.self) {
            _ = try HostLayout.read(root: path, home: nil)
        }
        #expect(link == .cannotOpen(path: path, SystemCallError("openat2", on: path, .ELOOP)))
    }
}
