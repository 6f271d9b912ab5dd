import Ledger
import Plan
import Testing

struct RunTests {
    @Test(arguments: [
        RunRow.State.intended, .running(pid: Int32.max), .refused(reason: "no 'such' file\n"),
        .ended(.exited(code: 0), cause: ""), .ended(.exited(code: 255), cause: "x"),
        .ended(.killed(signal: 9), cause: "it was out of memory"),
        .ended(.killed(signal: 255), cause: ""), .ended(.lost, cause: "its sandbox ended"),
    ])
    func everyStateReadsBack(state: RunRow.State) throws {
        let ledger = try Fixture().open()
        var row = try run(7, token: "a word")
        row.isDetached = true
        row.due = .init(at: .max, cause: "time limit of 5s reached")
        try ledger.transaction { changes throws(LedgerError) in try changes.insert(row) }
        #expect(try ledger.run(row.id) == row)
        row.state = state
        row.endedAt = 99
        let isKnown = try ledger.transaction { changes throws(LedgerError) in
            try changes.update(row.id, state, endedAt: 99)
        }
        #expect(isKnown)
        #expect(try ledger.run(row.id) == row)
        #expect(try ledger.run(token: "a word") == row)
    }

    @Test func whenARunIsToBeKilledMayBeSaidLater() throws {
        let ledger = try Fixture().open()
        var row = try run(7)
        try ledger.transaction { changes throws(LedgerError) in try changes.insert(row) }
        #expect(try ledger.run(row.id)?.due == nil)
        row.due = .init(at: 5, cause: "its caller went away")
        try ledger.transaction { changes throws(LedgerError) in
            try changes.setDue(row.id, .init(at: 5, cause: "its caller went away"))
        }
        #expect(try ledger.unfinishedRuns() == [row])
    }

    @Test func anUpdateOfNothingSaysSo() throws {
        let ledger = try Fixture().open()
        let isKnown = try ledger.transaction { changes throws(LedgerError) in
            try changes.update(RunID(rawValue: 5), .running(pid: 1))
        }
        #expect(!isKnown)
    }

    @Test func unfinishedRunsAreThoseThatAreIntendedOrRunning() throws {
        let ledger = try Fixture().open()
        let rows = try (1...4).map { try run(UInt64($0)) }
        try ledger.transaction { changes throws(LedgerError) in
            for row in rows { try changes.insert(row) }
            try changes.update(rows[1].id, .running(pid: 5))
            try changes.update(rows[2].id, .refused(reason: ""), endedAt: 1)
            try changes.update(rows[3].id, .ended(.lost, cause: ""), endedAt: 1)
        }
        #expect(try ledger.unfinishedRuns().map(\.id.rawValue) == [1, 2])
    }

    @Test func aTokenFindsTheLastRunThatHasIt() throws {
        let ledger = try Fixture().open()
        let rows = [
            try run(1, token: "t"), try run(2, token: "t"), try run(3), try run(4, token: "u"),
        ]
        try ledger.transaction { changes throws(LedgerError) in
            for row in rows { try changes.insert(row) }
        }
        #expect(try ledger.run(token: "t")?.id.rawValue == 2)
        #expect(try ledger.run(token: "") == nil)
        #expect(try ledger.run(token: "t' OR 1=1 --") == nil)
        #expect(try ledger.run(token: "\u{0}") == nil)
    }

    @Test func probesAreNotKept() throws {
        let ledger = try Fixture().open()
        let row = try run(1, kind: .probe)
        try ledger.transaction { changes throws(LedgerError) in try changes.insert(row) }
        #expect(try ledger.runs(limit: 9) == [])
    }

    @Test func aNumberIsNeverGivenTwice() throws {
        let fixture = try Fixture()
        func reserve(_ count: UInt32) throws -> Range<UInt64> {
            let ledger = try fixture.open()
            return try ledger.transaction { changes throws(LedgerError) in
                try changes.reserveRuns(count)
            }
        }
        #expect(try reserve(1_000) == 1..<1_001)
        #expect(try reserve(1) == 1_001..<1_002)
        do {
            // Beyond what was reserved, and soon forgotten.
            let ledger = try fixture.open()
            let row = try run(5_000)
            try ledger.transaction { changes throws(LedgerError) in
                try changes.insert(row)
                try changes.update(row.id, .ended(.lost, cause: ""), endedAt: 1)
            }
            let count = try ledger.transaction { changes throws(LedgerError) in
                try changes.pruneRuns(endedBefore: Int64.max)
            }
            #expect(count == 1)
        }
        #expect(try reserve(10) == 5_001..<5_011)
    }

    @Test func aProjectKeepsItsLastEndedRunsAndAllUnfinishedOnes() throws {
        let ledger = try Fixture().open()
        let total = UInt64(LedgerLimit.runs) + 320
        let rows = try (1...total).map { try run($0) } + [run(total + 1, of: "other")]
        try ledger.transaction(.process) { changes throws(LedgerError) in
            for row in rows {
                try changes.insert(row)
                // The first stays unfinished.
                if row.id.rawValue > 1 {
                    try changes.update(row.id, .ended(.lost, cause: ""), endedAt: 1)
                    try changes.save(RunAccount(.lost, "gone"), of: row.id)
                }
            }
        }
        let kept = try ledger.runs(of: try project("shop"), limit: 1 << 20).map(\.id.rawValue)
        #expect(kept.last == 1)
        #expect(kept.count <= LedgerLimit.runs + 17)
        #expect(Set(kept).isSuperset(of: (321...total)))
        // Nor more accounts of why they ended.
        let explained = try (2...total).filter {
            try ledger.account(of: RunID(rawValue: $0)) != nil
        }
        #expect(explained == kept.reversed().filter { $0 > 1 })
        #expect(try ledger.runs(of: try project("other"), limit: 9).count == 1)
        #expect(try ledger.runs(limit: 2).map(\.id.rawValue) == [total + 1, total])
    }

    @Test func aCommandThatIsTooLongLosesItsLastArguments() throws {
        let ledger = try Fixture().open()
        var row = try run(1)
        row.command = ["/bin/x", String(repeating: "y", count: LedgerLimit.commandBytes), "z"]
        try ledger.transaction { changes throws(LedgerError) in try changes.insert(row) }
        #expect(try ledger.run(row.id)?.command == ["/bin/x"])
    }

    @Test func aLongTextIsCutBetweenCharacters() throws {
        let ledger = try Fixture().open()
        let row = try run(1)
        let reason = "x" + String(repeating: "ß", count: LedgerLimit.textBytes)
        try ledger.transaction { changes throws(LedgerError) in
            try changes.insert(row)
            try changes.update(row.id, .refused(reason: reason), endedAt: 1)
        }
        guard case .refused(let kept)? = try ledger.run(row.id)?.state else {
            Issue.record("it was not refused")
            return
        }
        #expect(kept.hasPrefix("xßß"))
        #expect(kept.utf8.count <= LedgerLimit.textBytes + 2)
    }
}
