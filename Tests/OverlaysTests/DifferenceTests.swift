import Overlays
import Syscalls
import Testbed
import Trees
import Testing

@Suite struct DifferenceTests {
    @Test func everyKindOfChangeIsTold() throws {
        let fixture = try OverlayFixture(
            """
            echo a > changed; echo b > removed; echo c > mode; echo d > replaced; ln -s x link
            mkdir -p kept/deep gone/sub emptied; echo e > gone/sub/file; echo f > emptied/file
            echo g > touched-back; touch -d 2020-01-01 touched-back; echo same > opened
            """)
        try fixture.inside(
            """
            echo more >> changed; rm removed; chmod 600 mode; rm replaced; mkdir replaced
            echo new > added; mkdir kept/deep/er; echo x > kept/deep/er/file; rm -r gone
            rm link; ln -s y link; rm -r emptied; mkdir emptied; echo z > emptied/other
            echo G > touched-back; touch -d 2020-01-01 touched-back; : >> opened
            mkfifo fifo; rm -f nothing
            """)
        #expect(
            try fixture.differences() == [
                "added file added", "changed file changed", "added file emptied/other",
                "removed file emptied/file", "added fifo fifo", "removed directory gone",
                "added directory kept/deep/er", "added file kept/deep/er/file",
                "changed link link", "attributes file mode", "removed file removed",
                "replaced directory replaced", "changed file touched-back",
            ])
    }

    @Test func aProjectThatChangedNothingHasNoDifference() throws {
        let fixture = try OverlayFixture("mkdir a; echo x > a/b; mkfifo c")
        try fixture.inside("cat a/b > /dev/null; ls -lR > /dev/null")
        #expect(try fixture.differences() == [])
    }

    @Test func namesThatAreNoTextAreToldAsBytesAndReadAgain() throws {
        let fixture = try OverlayFixture("true")
        try fixture.inside("touch \"$(printf 'a\\377b')\" 'back\\slash' 'ünder score'")
        #expect(
            try fixture.differences() == [
                "added file a\\xffb", "added file back\\x5cslash", "added file ünder score",
            ])
        try fixture.commit(["a\\xffb", "back\\x5cslash"])
        #expect(try fixture.differences() == ["added file ünder score"])
        #expect(try shell("cd \(fixture.lower); test -e \"$(printf 'a\\377b')\"") == 0)
    }

    @Test func aMarkThatMeansThatAFileIsElsewhereIsRefused() throws {
        let fixture = try OverlayFixture("mkdir d; echo x > f")
        try fixture.inside("chmod 700 d; chmod 600 f")
        try open(fixture.upper + "/d").setAttribute("trusted.overlay.redirect", Array("/e".utf8))
        let error = #expect(throws: OverlayError.self) { try fixture.differences() }
        #expect(
            error
                == .unknownMark(
                    path: try TreePath(parsing: "d"), mark: "trusted.overlay.redirect"))
        #expect(throws: OverlayError.self) { try fixture.commit() }
    }

    @Test func aTreeThatIsTooDeepIsRefusedAndNotWalked() throws {
        let fixture = try OverlayFixture("true")
        try fixture.inside(
            "for i in $(seq 1 300); do mkdir d; cd d; done; cd \(fixture.path); true")
        let error = #expect(throws: OverlayError.self) { try fixture.commit() }
        guard case .tooDeep = error else { Issue.record("\(String(describing: error))"); return }
        #expect(try shell("test -z \"$(ls \(fixture.lower))\"") == 0)
        try OverlayDiscard(root: fixture.root, lower: fixture.lower).run()
        #expect(try fixture.differences() == [])
    }
}
