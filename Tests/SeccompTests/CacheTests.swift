import Syscalls
import Testing

@testable import Seccomp

struct CacheTests {
    let directory: TemporaryDirectory
    let store: ProfileStore

    /// One directory of profiles in which `p` extends `base`, both older than the cache asks for.
    init() throws {
        directory = try TemporaryDirectory()
        let root = try Directory(opening: directory.path)
        try root.makeDirectory("etc")
        try root.makeDirectory("usr")
        try root.makeDirectory("cache", mode: 0o700)
        try directory.write("usr/base.json", profileText())
        try directory.write("usr/p.json", "{\"extends\": \"base\"}")
        store = ProfileStore(
            directories: ["\(directory.path)/etc", "\(directory.path)/usr"],
            cacheDirectory: "\(directory.path)/cache")
    }

    private var request: CompileCache.Request {
        .init(
            profile: "p", directories: ["\(directory.path)/etc", "\(directory.path)/usr"])
    }

    private var cache: CompileCache { CompileCache(directory: "\(directory.path)/cache") }

    private var files: [String] {
        get throws { try Directory(opening: "\(directory.path)/cache").names() }
    }

    private let marked = SeccompProgram(
        instructions: [UInt8](repeating: 7, count: 16), profile: "p", digest: "sha256:mark")

    /// Puts an entry into the cache that says it was made of the files as they are, and that no
    /// compiler would make: if it comes back, the cache was used.
    private func plant() throws {
        var evidence: [Evidence] = [.absent("\(directory.path)/etc/p.json")]
        for name in ["p", "base"] {
            let path = "\(directory.path)/usr/\(name).json"
            evidence.append(.file(path, Fingerprint(try FileStatus(path: path))))
        }
        let entry = CacheEntry(
            evidence: evidence, digest: marked.digest, instructions: marked.instructions)
        let cache = try Directory(opening: "\(directory.path)/cache")
        try? cache.removeFile(request.file)
        let file = try open(
            request.file, at: cache.number, [.writeOnly, .create, .exclusive], mode: 0o600)
        try file.writeAll(entry.encoded(request: request.key))
    }

    private var isUsed: Bool { get throws { try store.program(for: "p") == marked } }

    @Test func aFilterIsTakenFromTheCacheWhileItsFilesAreTheSame() throws {
        try plant()
        #expect(try isUsed)
        #expect(try isUsed)
    }

    @Test func aChangedFileAParentTooMakesItAnew() throws {
        for name in ["p", "base"] {
            try plant()
            #expect(try isUsed)
            let path = "usr/\(name).json"
            let text = try readFile("\(directory.path)/\(path)")
            // The same content: another file took its place all the same.
            try directory.write(path, text)
            #expect(try !isUsed, "\(name)")
        }
    }

    @Test func touchingAFileOrChangingItsOwnerMakesItAnew() throws {
        try plant()
        try Directory(opening: directory.path).setPermissions("usr/base.json", 0o600)
        #expect(try !isUsed)
    }

    @Test func aFileThatNowGoesBeforeMakesItAnew() throws {
        try plant()
        try directory.write("etc/p.json", profileText())
        #expect(try !isUsed)
    }

    @Test func aRemovedFileMakesItAnew() throws {
        try plant()
        try Directory(opening: directory.path).removeFile("usr/p.json")
        #expect(throws: ProfileError.self) { try store.program(for: "p") }
    }

    @Test func aCacheThatOthersMayWriteIsNotTrusted() throws {
        let root = try Directory(opening: directory.path)
        for mode: UInt32 in [0o720, 0o702, 0o777] {
            try plant()
            try root.setPermissions("cache", mode)
            #expect(try !isUsed, "\(String(mode, radix: 8))")
            try root.setPermissions("cache", 0o700)
            #expect(try isUsed)
            try root.setPermissions("cache/\(request.file)", mode)
            #expect(try !isUsed, "\(String(mode, radix: 8))")
        }
    }

    @Test(.enabled(if: effectiveUserID() == 0)) func aCacheOfSomebodyElseIsNotTrusted() throws {
        let root = try Directory(opening: directory.path)
        try plant()
        try root.setOwner("cache/\(request.file)", user: 1_000, group: 0)
        #expect(try !isUsed)
        try plant()
        try root.setOwner("cache", user: 1_000, group: 0)
        #expect(try !isUsed)
    }

    @Test func linksAreNotFollowed() throws {
        try plant()
        let root = try Directory(opening: directory.path)
        try root.rename("cache/\(request.file)", to: "elsewhere")
        try root.makeSymbolicLink("cache/\(request.file)", to: "../elsewhere")
        #expect(try !isUsed)
        try root.removeFile("cache/\(request.file)")
        try root.rename("elsewhere", to: "cache/\(request.file)")
        #expect(try isUsed)
        try root.rename("cache", to: "real")
        try root.makeSymbolicLink("cache", to: "real")
        #expect(try !isUsed)
    }

    @Test func whatIsDamagedOrTruncatedIsMadeAnew() throws {
        let entry = CacheEntry(
            evidence: [], digest: marked.digest, instructions: marked.instructions)
        let bytes = entry.encoded(request: [1])
        #expect(CacheEntry(decoding: bytes, request: [1]) == entry)
        #expect(CacheEntry(decoding: bytes, request: [2]) == nil)
        for length in 0..<bytes.count {
            #expect(CacheEntry(decoding: Array(bytes.prefix(length)), request: [1]) == nil)
        }
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x10
            #expect(CacheEntry(decoding: damaged, request: [1]) == nil, "byte \(index)")
        }
        #expect(CacheEntry(decoding: bytes + [0], request: [1]) == nil)
    }

    @Test func aYoungFileIsNotTrustedToShowItsNextChange() throws {
        // The fixture is younger than two seconds.
        let program = try store.program(for: "p")
        #expect(try files == [])
        #expect(try store.program(for: "p") == program)
    }

    @Test func anOldFileIsKeptAndNothingIsLeftBeside() throws {
        let program = try store.program(for: "p")
        let path = "\(directory.path)/usr/p.json"
        var old = Fingerprint(try FileStatus(path: path))
        old.modified -= 3_000_000_000
        old.changed -= 3_000_000_000
        cache.store(program, for: request, [.file(path, old)])
        #expect(try files == [request.file])
        let status = try FileStatus(path: "\(directory.path)/cache/\(request.file)")
        #expect(status.permissions == 0o600)
    }

    @Test func theCacheDoesNotGrowWithoutBound() throws {
        let program = try store.program(for: "p")
        for number in 0..<(entryCountMax * 2 + 1) {
            cache.store(program, for: .init(profile: "p\(number)", directories: []), [])
            #expect(try files.count <= entryCountMax)
        }
        #expect(cache.load(.init(profile: "p\(entryCountMax * 2)", directories: [])) != nil)
    }

    @Test func whatChangedWhileItWasReadIsNotKept() throws {
        cache.store(try store.program(for: "p"), for: request, [.changing])
        #expect(try files == [])
    }

    /// The whole way, with the patience that it asks for.
    @Test func aFilterComesFromTheCacheUntilAnotherFileGoesBefore() throws {
        var none: [PollEntry] = []
        try poll(&none, timeoutMilliseconds: 2_100)
        let program = try store.program(for: "p")
        #expect(try files == [request.file])
        #expect(cache.load(request) == program)
        #expect(try store.program(for: "p") == program)
        try directory.write(
            "etc/base.json",
            profileText("{\"names\": [\"getuid\"], \"action\": \"SCMP_ACT_ALLOW\"}"))
        #expect(cache.load(request) == nil)
        #expect(Machine(try store.program(for: "p")).verdict("getuid") == .allow)
    }

    @Test func aCacheThatCannotBeWrittenIsNoError() throws {
        for cache in ["/proc/bulkhead/seccomp", "relative", "", "/dev/null"] {
            let store = ProfileStore(
                directories: ["\(directory.path)/usr"], cacheDirectory: cache)
            #expect(try store.program(for: "p").count > 4)
        }
    }

    @Test func theDirectoryIsMadeShutToOthers() throws {
        let program = try store.program(for: "p")
        CompileCache(directory: "\(directory.path)/a/b").store(program, for: request, [])
        #expect(try FileStatus(path: "\(directory.path)/a/b").permissions == 0o700)
        #expect(
            CompileCache(directory: "\(directory.path)/a/b").load(request)?.digest == program.digest
        )
    }
}
