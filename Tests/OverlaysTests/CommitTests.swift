import Overlays
import Syscalls
import Testbed
import Trees
import Testing

@Suite struct CommitTests {
    private static let below = """
        echo a > changed; echo b > removed; echo c > mode; echo d > replaced; ln -s x link
        mkdir -p kept/deep gone/sub emptied file-to-be; echo e > gone/sub/file
        echo f > emptied/file; echo f > emptied/kept; echo h > file-to-be/inner
        mkdir moded; echo i > untouched
        """
    private static let inside = """
        echo more >> changed; rm removed; chmod 4750 mode; chown 1234:4321 mode
        rm replaced; mkdir replaced; echo in > replaced/in; rm -r file-to-be; echo now > file-to-be
        echo new > added; mkdir kept/deep/er; echo x > kept/deep/er/file; rm -r gone
        rm link; ln -s y link; chown -h 77 link; rm -r emptied; mkdir -m 711 emptied
        echo z > emptied/other; echo again > emptied/kept; chmod 700 moded
        setfattr -n user.note -v hello added; ln added second; mkdir bag; ln added bag/third
        truncate -s 1M sparse; echo end >> sparse; touch -d '2001-02-03 04:05:06.789' added
        """

    @Test func afterACommitTheDirectoryIsWhatTheProjectSaw() throws {
        let fixture = try OverlayFixture(Self.below)
        try fixture.inside(Self.inside)
        let seen = try fixture.merged()
        try fixture.commit()
        #expect(try fixture.contents(of: fixture.lower) == seen)
        #expect(try fixture.differences() == [])
        #expect(try fixture.merged() == seen)
        let attribute = try open(fixture.lower + "/added").attribute("user.note")
        #expect(attribute == Array("hello".utf8))
        #expect(
            try shell("cd \(fixture.lower); test added -ef second; test added -ef bag/third") == 0)
        #expect(try shell("test \"$(du -k \(fixture.lower)/sparse | cut -f1)\" -lt 100") == 0)
    }

    @Test func aCommitThatIsCutOffAnywhereIsFinishedByTheNext() throws {
        // As if it was killed at its Nth step, for every N.
        for step in 1...400 {
            let fixture = try OverlayFixture(Self.below)
            try fixture.inside(Self.inside)
            let seen = try fixture.merged()
            var left = step
            var wasCut = false
            do {
                try fixture.commit { () throws(OverlayError) in
                    left -= 1
                    if left == 0 { throw .abandoned }
                }
            } catch OverlayError.abandoned { wasCut = true }
            #expect(try fixture.merged() == seen, "cut off at step \(step)")
            try fixture.commit()
            #expect(try fixture.contents(of: fixture.lower) == seen, "cut off at step \(step)")
            #expect(try fixture.differences() == [])
            #expect(
                try shell("test -z \"$(find \(fixture.lower) -name '.bulkhead*')\"") == 0)
            if !wasCut { return }
        }
        Issue.record("the commit has more steps than were tried")
    }

    @Test func changesBelowAndAboveRefuseTheWholeCommit() throws {
        let fixture = try OverlayFixture(Self.below)
        try fixture.inside(Self.inside)
        try fixture.below(
            "echo other > changed; echo other > gone/sub/file; echo x > emptied/file; "
                + "echo mine > added; chmod 755 moded")
        let before = try fixture.contents(of: fixture.lower)
        let error = #expect(throws: OverlayError.self) { try fixture.commit() }
        #expect(
            error
                == .conflicts(
                    try ["added", "changed", "emptied/file", "gone", "moded"].map {
                        try TreePath(parsing: $0)
                    }, count: 5))
        #expect(try fixture.contents(of: fixture.lower) == before)
        // What is in no conflict can be taken.
        try fixture.commit(["removed", "kept"])
        let seen = try fixture.merged()
        try fixture.commit(isForced: true)
        #expect(try fixture.contents(of: fixture.lower) == seen)
    }

    @Test func whatWasRemovedBelowIsNotMadeAgain() throws {
        let fixture = try OverlayFixture("mkdir d; echo a > d/f; echo b > g")
        try fixture.inside("echo more >> d/f; echo more >> g")
        try fixture.below("rm -r d")
        let error = #expect(throws: OverlayError.self) { try fixture.commit() }
        guard case .conflicts(let paths, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(paths.first == (try TreePath(parsing: "d")))
        #expect(try shell("test ! -e \(fixture.lower)/d") == 0)
    }

    @Test func onlyWhatWasAskedForIsTaken() throws {
        let fixture = try OverlayFixture("mkdir -p a/b; echo 1 > a/b/one; echo 2 > a/two")
        try fixture.inside(
            "echo x >> a/b/one; echo y >> a/two; mkdir -m 750 n; echo z > n/new; echo q > n/q")
        try fixture.commit(["a/b", "n/new"])
        #expect(
            try fixture.differences() == ["changed file a/two", "added file n/q"])
        try fixture.commit()
        #expect(try fixture.differences() == [])
        #expect(
            throws: OverlayError.unchanged(path: try TreePath(parsing: "a/nothing"))
        ) { try fixture.commit(["a/nothing"]) }
    }

    @Test func partOfWhatWasReplacedAsAWholeIsRefused() throws {
        let fixture = try OverlayFixture("mkdir d; echo 1 > d/one; mkdir e; echo 2 > e/two")
        try fixture.inside("rm -r d; mkdir d; echo x > d/one; rm -r e")
        for (path, whole) in [("d/one", "d"), ("e/two", "e")] {
            #expect(
                throws: OverlayError.insideWhole(
                    path: try TreePath(parsing: path), whole: try TreePath(parsing: whole))
            ) { try fixture.commit([path]) }
        }
    }

    @Test func aLinkBelowLeadsNowhere() throws {
        // Whoever owns the directory below swaps a directory for a link out of it.
        let fixture = try OverlayFixture("mkdir d; echo 1 > d/f")
        try shell("mkdir \(fixture.path)/outside; echo keep > \(fixture.path)/outside/f")
        try fixture.inside("echo 2 >> d/f; echo new > d/g")
        try fixture.below("mv d away; ln -s ../outside d")
        #expect(throws: OverlayError.self) { try fixture.commit() }
        try fixture.commit(isForced: true)
        #expect(
            try shell(
                "cd \(fixture.path)/outside; test \"$(cat f)\" = keep; test ! -e g; "
                    + "test ! -L ../lower/d; test -f ../lower/d/g") == 0)
    }

    @Test func devicesAreRefusedAndSocketsStay() throws {
        let fixture = try OverlayFixture("true")
        try fixture.inside("mknod null c 1 3; mkfifo pipe; echo a > file")
        #expect(throws: OverlayError.device(path: try TreePath(parsing: "null"))) {
            try fixture.commit()
        }
        try fixture.commit(["file"])
        try fixture.inside("rm null")
        let result = try fixture.commit()
        #expect(result.skipped == 1)
        #expect(try fixture.differences() == ["added fifo pipe"])
    }

    @Test func discardingBringsBackWhatIsBelow() throws {
        let fixture = try OverlayFixture(Self.below)
        let before = try fixture.contents(of: fixture.lower)
        try fixture.inside(Self.inside)
        let discard = try OverlayDiscard(root: fixture.root, lower: fixture.lower)
        try discard.run([try TreePath(parsing: "gone"), try TreePath(parsing: "kept/deep")])
        #expect(!(try fixture.differences().contains { $0.hasSuffix("gone") }))
        #expect(
            throws: OverlayError.insideWhole(
                path: try TreePath(parsing: "emptied/other"),
                whole: try TreePath(parsing: "emptied"))
        ) { try discard.run([try TreePath(parsing: "emptied/other")]) }
        try discard.run()
        #expect(try fixture.differences() == [])
        #expect(try fixture.merged() == before)
        #expect(try fixture.contents(of: fixture.lower) == before)
    }
}
