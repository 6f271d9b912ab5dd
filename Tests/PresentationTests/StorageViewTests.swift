import JSONTree
import Presentation
import Testing

@Suite struct StorageViewTests {
    @Test func aChangeIsALetterAndAPath() throws {
        let lines = [
            ("added", "file", "a", "A a\n"), ("changed", "link", "a/b", "M a/b\n"),
            ("removed", "directory", "d", "D d/\n"), ("replaced", "file", "r", "R r\n"),
            ("attributes", "directory", "p", "P p/\n"),
        ]
        for (what, kind, path, text) in lines {
            let reply = try json(
                #"{"change": {"path": "\#(path)", "what": "\#(what)", "kind": "\#(kind)", "bytes": 0}}"#
            )
            #expect(changeLine(reply, on: medium()) == text)
        }
        #expect(changeLine(try json("{}"), on: medium()) == nil)
        let forged = try json(
            #"{"change": {"path": "a\nA b\u001b[2J", "what": "added", "kind": "file", "bytes": 0}}"#
        )
        #expect(changeLine(forged, on: medium()) == "A a\\u{a}A b\\u{1b}[2J\n")
    }

    @Test func aCommitSaysHowMuch() throws {
        #expect(
            commitRemark(try json(#"{"committed": 1, "skipped": 0, "bytes": 2048}"#))
                == "1 change committed, 2K of content\n")
        #expect(
            commitRemark(try json(#"{"committed": 3, "skipped": 2, "bytes": 0}"#)).contains(
                "2 left out"))
    }

    @Test func snapshotsAreListed() throws {
        let reply = try json(
            """
            {"snapshots": [{"name": "first", "form": "tree", "taken_at_us": 1795250000000000,
              "bytes": 1048576}]}
            """)
        #expect(
            snapshotList(reply, on: medium()) == """
                NAME   TAKEN     SIZE  FORM
                first  08:33:20    1M  tree

                """)
    }

    @Test func aRescueSaysWhatIsFullAndOfWhat() throws {
        let reply = try json(
            """
            {"bytes": 1048576, "bytes_max": 1048576, "grace_bytes": 16777216,
             "largest": [{"path": "cache", "kind": "directory", "bytes": 524288}]}
            """)
        #expect(
            rescueReport(reply) == """
                bulkhead: 1M of 1M in use, nothing free; 16M more for now
                  512K  cache/

                """)
        #expect(
            rescueEnd(
                try json(#"{"bytes": 0, "bytes_max": 1048576, "grace_bytes": 0, "largest": []}"#))
                == "bulkhead: 0 of 1M in use, 1M free\n")
        #expect(
            rescueReport(try json(#"{"grace_bytes": 0, "largest": []}"#))
                == "bulkhead: its storage is not limited; there is no more to give\n")
    }
}
