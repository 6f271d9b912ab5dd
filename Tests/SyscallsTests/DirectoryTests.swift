import Testbed
import Testing

@testable import Syscalls

@Suite(.serialized) struct DirectoryTests {
    @Test func aDirectoryThatIsHeldIsListedAsOftenAsWanted() throws {
        let place = try TemporaryDirectory()
        let directory = try Directory(opening: place.path)
        try directory.makeDirectory("one", mode: 0o755)
        #expect(try directory.names() == ["one"])
        #expect(try directory.names() == ["one"])
    }

    @Test func everyNameOfABigDirectoryIsListedOnce() throws {
        let place = try TemporaryDirectory()
        let directory = try Directory(opening: place.path)
        // More than one call of getdents64 returns: 3,000 names of up to 200 bytes.
        var expected: Set<String> = []
        for index in 0..<3_000 {
            let name = "\(index)-" + String(repeating: "x", count: index % 200)
            try directory.createFile(name, containing: "")
            expected.insert(name)
        }
        // An open directory is read once; this one has been read to no end yet.
        let names = try directory.names()
        #expect(names.count == 3_000)
        #expect(Set(names) == expected)
    }

    @Test func anEmptyDirectoryHasNoNames() throws {
        let place = try TemporaryDirectory()
        #expect(try Directory(opening: place.path).names() == [])
    }

    @Test func eachCallChangesWhatItSays() throws {
        let place = try TemporaryDirectory()
        let directory = try Directory(opening: place.path)
        try directory.makeDirectory("d", mode: 0o700)
        try directory.setPermissions("d", 0o1777)
        var status = try FileStatus(at: directory.number, path: "d")
        #expect(status.kind == .directory)
        #expect(status.permissions == 0o1777)
        try directory.setOwner("d", user: 12, group: 34)
        status = try FileStatus(at: directory.number, path: "d")
        #expect([status.user, status.group] == [12, 34])
        try directory.makeSymbolicLink("l", to: "d")
        #expect(try directory.target(ofLink: "l") == "d")
        #expect(
            try FileStatus(at: directory.number, path: "l", flags: .noFollow).kind == .symbolicLink)
        #expect(try FileStatus(at: directory.number, path: "l").kind == .directory)
        // A link is changed itself, and not what it leads to.
        try directory.setOwner("l", user: 56, group: 78)
        #expect(try FileStatus(at: directory.number, path: "d").user == 12)
        try directory.makeCharacterDevice("null", mode: 0o666, major: 1, minor: 3)
        status = try FileStatus(at: directory.number, path: "null")
        #expect(status.kind == .characterDevice)
        #expect([status.nodeMajor, status.nodeMinor, status.permissions] == [1, 3, 0o666])
        try directory.createFile("f", containing: "one\n")
        try directory.writeFile("f", "two\n")
        #expect(try directory.readFile("f") == "two\n")
        try directory.rename("f", to: "g")
        try directory.removeFile("g")
        #expect(
            failure { () throws(SystemCallError) in try directory.removeDirectory("l") }
                == SystemCallError("rmdir", on: "l", .ENOTDIR))
        for name in ["l", "null"] { try directory.removeFile(name) }
        try directory.removeDirectory("d")
        #expect(try Directory(opening: place.path).names() == [])
    }

    @Test func anAbsolutePathIsRefusedByEveryCallThatChanges() throws {
        let place = try TemporaryDirectory()
        let directory = try Directory(opening: place.path)
        let path = place.path + "/x"
        let attempts: [(String, (borrowing Directory) throws(SystemCallError) -> Void)] = [
            ("mkdirat", { d throws(SystemCallError) in try d.makeDirectory(path) }),
            ("symlinkat", { d throws(SystemCallError) in try d.makeSymbolicLink(path, to: "a") }),
            (
                "mknodat",
                { d throws(SystemCallError) in
                    try d.makeCharacterDevice(path, mode: 0o600, major: 1, minor: 3)
                }
            ),
            ("fchownat", { d throws(SystemCallError) in try d.setOwner(path, user: 0, group: 0) }),
            ("fchmodat", { d throws(SystemCallError) in try d.setPermissions(path, 0o600) }),
            ("unlinkat", { d throws(SystemCallError) in try d.removeFile(path) }),
            ("rmdir", { d throws(SystemCallError) in try d.removeDirectory(path) }),
            ("renameat", { d throws(SystemCallError) in try d.rename(path, to: "b") }),
            ("openat2", { d throws(SystemCallError) in try d.createFile(path, containing: "") }),
        ]
        for (call, attempt) in attempts {
            let error = failure { () throws(SystemCallError) in try attempt(directory) }
            #expect(error == SystemCallError(call, on: path, .EXDEV))
        }
        #expect(try Directory(opening: place.path).names() == [])
    }

    @Test func aLinkTooLongToReadIsRefusedAndNotCut() throws {
        let place = try TemporaryDirectory()
        let directory = try Directory(opening: place.path)
        let longest = String(repeating: "x", count: 4_095)
        try directory.makeSymbolicLink("l", to: longest)
        #expect(try directory.target(ofLink: "l") == longest)
    }
}
