import Discovery
import Plan
import Syscalls
import Testbed
import Testing

@Suite struct DiscoveryTests {
    @Test func eachKindOfProjectIsFoundWithWhatMakesItOne() throws {
        let tree = try Tree([
            "a/.orch-state/", "a/package.json", "b/.git/", "c/.git", "d/Cargo.toml", "e/App.sln",
            "e/B.sln", "f/notes.txt",
        ])
        #expect(
            try tree.found() == [
                "a: .orch-state, package.json", "b: git", "c: git", "d: Cargo.toml", "e: App.sln",
            ])
    }

    @Test func aProjectIsNotEntered() throws {
        let tree = try Tree(["shop/Makefile", "shop/part/package.json"])
        #expect(try tree.found() == ["shop: Makefile"])
    }

    @Test func whatIsHiddenOrGeneratedIsPassedOver() throws {
        let tree = try Tree([
            "x/node_modules/y/package.json", "x/vendor/z/go.mod", ".cache/w/go.mod", "v/go.mod",
        ])
        #expect(try tree.found() == ["v: go.mod"])
    }

    @Test(
        arguments: [(0, []), (1, ["a: go.mod"]), (2, ["a: go.mod", "b/c: go.mod"])]
            as [(UInt32, [String])])
    func itLooksNoDeeperThanItIsTold(depth: UInt32, expected: [String]) throws {
        let tree = try Tree(["a/go.mod", "b/c/go.mod", "d/e/f/go.mod"])
        #expect(try tree.found(depth: depth) == expected)
    }

    @Test func symbolicLinksAreNotFollowed() throws {
        let tree = try Tree(["real/go.mod", "plain/"])
        try Directory(opening: tree.path).makeSymbolicLink("alias", to: "real")
        try Directory(opening: "\(tree.path)/plain").makeSymbolicLink("loop", to: "..")
        #expect(try tree.found() == ["real: go.mod"])
    }

    @Test func aPathThatIsALinkIsNamedByWhatItLeadsTo() throws {
        let tree = try Tree(["real/x/go.mod"])
        try Directory(opening: tree.path).makeSymbolicLink("alias", to: "real")
        var discovery = Discovery(depthMax: 4)
        try discovery.search("\(tree.path)/alias")
        #expect(discovery.finds.map(\.path) == ["\(tree.path)/real/x"])
    }

    @Test func whatIsFoundTwiceIsToldOnce() throws {
        let tree = try Tree(["a/go.mod"])
        var discovery = Discovery(depthMax: 4)
        try discovery.search(tree.path)
        try discovery.search("\(tree.path)/a")
        #expect(discovery.finds.count == 1)
    }

    @Test func moreThanTheBoundIsCutAndSaid() throws {
        let tree = try Tree((0...Discovery.findsMax).map { "p\($0)/go.mod" })
        var discovery = Discovery(depthMax: 1)
        try discovery.search(tree.path)
        #expect(discovery.finds.count == Discovery.findsMax && discovery.isCut)
    }

    @Test func aPathThatIsNotThereIsAnError() {
        let error = #expect(throws: DiscoveryError.self) {
            var discovery = Discovery(depthMax: 4)
            try discovery.search("/nonexistent/x")
        }
        #expect(
            error
                == .unreadable(
                    path: "/nonexistent/x",
                    SystemCallError(
                        "openat2", on: "/nonexistent/x", .ENOENT
                    ).errno.description))
    }

    @Test(
        arguments: [
            ("/srv/shop", "shop"), ("/srv/My Shop!", "My-Shop"), ("/srv/-x-", "x"),
            ("/srv/._a", "a"), ("/srv/äöü", "project"), ("/", "project"),
            ("/srv/" + String(repeating: "x", count: 60), String(repeating: "x", count: 40)),
        ])
    func aNameIsMadeOfTheDirectorys(path: String, name: String) {
        #expect(ProjectName.proposed(for: path, taken: [])?.text == name)
    }

    @Test func aTakenNameGetsANumber() throws {
        let taken = try Set(["shop", "shop-2"].map { try ProjectName($0) })
        #expect(ProjectName.proposed(for: "/x/shop", taken: taken)?.text == "shop-3")
    }
}

/// A directory tree that is gone after the test.
private final class Tree {
    private let directory: TemporaryDirectory
    var path: String { directory.path }

    /// - Parameter entries: files, and directories with a slash at the end.
    init(_ entries: [String]) throws {
        directory = try TemporaryDirectory()
        for entry in entries {
            let parts = entry.split(separator: "/").map(String.init)
            let isDirectory = entry.hasSuffix("/")
            let made = isDirectory ? parts[...] : parts.dropLast()
            var below = path
            for part in made {
                try Self.makeDirectory(part, in: below)
                below += "/\(part)"
            }
            if !isDirectory, let name = parts.last {
                try Directory(opening: below).createFile(name, containing: "")
            }
        }
    }

    private static func makeDirectory(_ name: String, in path: String) throws {
        if try Directory(opening: path).names().contains(name) { return }
        try Directory(opening: path).makeDirectory(name)
    }

    /// `PATH: SIGN, …` below the tree, in order.
    func found(depth: UInt32 = 4) throws -> [String] {
        var discovery = Discovery(depthMax: depth)
        try discovery.search(path)
        return discovery.finds.map { find in
            "\(find.path.dropFirst(path.count + 1)): \(find.signs.joined(separator: ", "))"
        }
    }
}
