import Syscalls
import Testbed
import Testing

@Suite struct TreeDirectoryTests {
    @Test func noLinkIsFollowedAndNoMountCrossed() throws {
        let place = try TemporaryDirectory()
        try shell(
            "cd \(place.path); mkdir tree tree/d tree/mounted out; echo a > out/f; echo b > tree/f; "
                + "ln -s ../out tree/way; ln -s f tree/near")
        try mount("tmpfs", at: place.path + "/tree/mounted", options: "size=1m")
        defer { try? unmount(place.path + "/tree/mounted") }
        let tree = try TreeDirectory(opening: place.path + "/tree")
        #expect(
            failure(of: { () throws(SystemCallError) in _ = try tree.enter(FileName("d")) }) == nil)
        let refused: [(FileName, Errno)] = [
            (FileName("way"), .ENOTDIR), (FileName("mounted"), .EXDEV),
        ]
        for (name, errno) in refused {
            let error = failure(of: { () throws(SystemCallError) in _ = try tree.enter(name) })
            #expect(error?.errno == errno)
        }
        let error = failure(of: { () throws(SystemCallError) in _ = try tree.open(FileName("near"))
        })
        #expect(error?.errno == .ELOOP)
        #expect(try tree.status(FileName("way"))?.kind == .symbolicLink)
    }

    @Test func whateverHasANameIsNamedWithoutWaitingForAnybody() throws {
        let place = try TemporaryDirectory()
        try shell("cd \(place.path); mkdir d; touch f; ln -s f way")
        try place.makeFifo("pipe")
        let tree = try TreeDirectory(opening: place.path)
        let expected: [(FileName, FileStatus.Kind)] = [
            (FileName("d"), .directory), (FileName("f"), .regular), (FileName("pipe"), .fifo),
            (FileName("way"), .symbolicLink),
        ]
        for (name, kind) in expected {
            #expect(try tree.open(name, .path).status().kind == kind)
        }
        // A pipe that nobody writes to is opened at once.
        _ = try tree.open(FileName("pipe"))
    }

    @Test(arguments: ["", ".", "..", "a/b", "a\0b"])
    func whatNamesNoFileOfADirectoryIsNoName(text: String) {
        #expect(FileName(Array(text.utf8)) == nil)
    }

    @Test func everyNameIsReadAsItIsTold() throws {
        for bytes: [UInt8] in [[0x61], [0xff, 0xfe], [0x5c, 0x78], [0xc3, 0xbc], [0x0a, 0xc3]] {
            let name = try #require(FileName(bytes))
            #expect(FileName(text: name.text) == name)
        }
        #expect(FileName(text: "\\xq0") == nil && FileName(text: "\\") == nil)
        #expect(FileName(text: "\\x2f") == nil && FileName(text: "\\x2e\\x2e") == nil)
    }
}
