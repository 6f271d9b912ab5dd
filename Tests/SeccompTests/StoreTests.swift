import Syscalls
import Testing

@testable import Seccomp

struct StoreTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func store(_ directories: String...) -> ProfileStore {
        ProfileStore(
            directories: directories.map { "\(directory.path)/\($0)" }, cacheDirectory: nil)
    }

    private func make(_ name: String) throws {
        try Directory(opening: directory.path).makeDirectory(name)
    }

    @Test func anEarlierDirectoryGoesBeforeALaterOne() throws {
        try make("etc")
        try make("usr")
        let deny = "{\"names\": [\"getuid\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 13}"
        try directory.write("usr/p.json", profileText())
        try directory.write("etc/p.json", profileText(deny))
        try directory.write("usr/q.json", profileText())
        try directory.write("usr/.hidden.json", "")
        try directory.write("usr/readme.txt", "")
        let store = store("absent", "etc", "usr")
        #expect(Machine(try store.program(for: "p")).verdict("getuid") == .errno(13))
        #expect(try store.profile(for: "q").files == ["\(directory.path)/usr/q.json"])
        #expect(store.names() == ["p", "q"])
    }

    @Test func aPathIsAFileOfItsOwnAndExtendsWhatIsInstalled() throws {
        try make("usr")
        try directory.write("usr/base.json", profileText())
        try directory.write("mine.json", "{\"extends\": \"base\"}")
        let profile = try store("usr").profile(for: "\(directory.path)/mine.json")
        #expect(profile.files.count == 2)
        #expect(profile.name == "\(directory.path)/mine.json")
    }

    @Test func whatIsNoProfileIsRefused() throws {
        try make("usr")
        try make("usr/dir.json")
        try directory.write("usr/strict.json", profileText())
        let usr = "\(directory.path)/usr"
        let store = store("usr")
        #expect(throws: ProfileError.notRegular(path: "\(usr)/dir.json")) {
            try store.program(for: "dir")
        }
        #expect(throws: ProfileError.notRegular(path: "/dev/null")) {
            try store.program(for: "/dev/null")
        }
        for name in ["", ".", "..", ".x", "a b", "é", String(repeating: "x", count: 65), "a\u{0}"] {
            #expect(throws: ProfileError.invalidName(name)) { try store.program(for: name) }
        }
        let error = #expect(throws: ProfileError.self) { try store.program(for: "strikt") }
        #expect(error?.message == "profile 'strikt': not found in \(usr)")
        #expect(error?.hint == "did you mean 'strict'?")
        #expect(
            throws: ProfileError.unreadable(
                path: "\(usr)/none",
                SystemCallError("openat2", on: "\(usr)/none", .ENOENT))
        ) { try store.program(for: "\(usr)/none") }
    }

    @Test func aLargeFileIsNotRead() throws {
        try directory.write("p.json", String(repeating: " ", count: 1 << 20) + "{}")
        #expect(throws: ProfileError.tooLarge(path: "\(directory.path)/p.json")) {
            try store().program(for: "\(directory.path)/p.json")
        }
    }

    @Test func aFileThatCannotBeReadIsNotPassedOver() throws {
        try make("etc")
        try make("usr")
        try directory.write("usr/p.json", profileText())
        try Directory(opening: "\(directory.path)/etc").makeSymbolicLink("p.json", to: "p.json")
        let error = #expect(throws: ProfileError.self) {
            try store("etc", "usr").program(for: "p")
        }
        #expect(
            error?.message
                == "profile \(directory.path)/etc/p.json: statx: ELOOP (a symbolic link is in the way)"
        )
    }

    @Test func descriptionAndOCIFormSayWhatIsInForce() throws {
        let profile = try repositoryStore.profile(for: "debugger")
        let text = profile.describe()
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
        #expect(text.contains("default.json → "))
        #expect(text.contains("\nRefused\n"))
        #expect(text.contains("EPERM if argument 1 & 0xffffffff = 0x5412: ioctl"))
        #expect(text.contains("# TIOCSTI types into a terminal"))
        // The OCI form is a profile again, and means the same.
        let again = try resolve(["again": profile.ociJSON()])
        #expect(
            try SeccompProgram(compiling: again).digest == SeccompProgram(compiling: profile).digest
        )
        #expect(again.groups.map(\.comment) == profile.groups.map(\.comment))
    }

    @Test func aCommentDoesNotDriveATerminal() throws {
        let group =
            "{\"names\": [\"getuid\"], \"action\": \"SCMP_ACT_ALLOW\", \"comment\": \"\\u001b[2J\"}"
        let profile = try resolve(["p": profileText(group)])
        #expect(profile.describe().contains("# \\u{1b}[2J"))
        #expect(profile.ociJSON().contains("\\u001b[2J"))
    }
}
