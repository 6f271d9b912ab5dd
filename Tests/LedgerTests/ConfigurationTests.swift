import Ledger
import Plan
import Testing

struct ConfigurationTests {
    private let files = [
        ConfigurationFile(name: "bulkhead.yaml", content: Array("projects:\n".utf8)),
        ConfigurationFile(name: "projects.d/shop.yaml", content: [0, 0xff]),
        ConfigurationFile(name: "projects.d/empty.yaml", content: []),
    ]

    private func append(
        _ files: [ConfigurationFile], to ledger: LedgerStore, activate: Bool = true
    ) throws -> Int64 {
        try ledger.transaction { changes throws(LedgerError) in
            let number = try changes.appendVersion(
                files: files, appliedAt: 5, actor: 1_000, via: "apply", projects: 2,
                summary: "adds shop")
            if activate { try changes.setActiveVersion(number) }
            return number
        }
    }

    @Test func aVersionIsKeptWithItsFilesInOrder() throws {
        let fixture = try Fixture()
        do {
            let ledger = try fixture.open()
            #expect(try ledger.activeVersion() == nil)
            #expect(try append(files, to: ledger) == 1)
        }
        let ledger = try fixture.open()
        #expect(try ledger.activeVersion() == 1)
        #expect(try ledger.files(ofVersion: 1) == files)
        let version = try #require(try ledger.history(limit: 9).first)
        #expect(version.number == 1)
        #expect(version.appliedAt == 5)
        #expect(version.actor == 1_000)
        #expect(version.via == "apply")
        #expect(version.projects == 2)
        #expect(version.summary == "adds shop")
        #expect(version.isActive)
    }

    @Test func aVersionThatIsNotKeptIsNamed() throws {
        let ledger = try Fixture().open()
        #expect(throws: LedgerError.notFound("configuration version 3")) {
            try ledger.files(ofVersion: 3)
        }
    }

    @Test func onlyTheLastVersionsAreKeptAndTheActiveOne() throws {
        let ledger = try Fixture().open()
        _ = try append(files, to: ledger)
        for index in 0..<(LedgerLimit.versions + 5) {
            let content = Array("\(index)".utf8)
            _ = try append(
                [ConfigurationFile(name: "a", content: content)], to: ledger, activate: false)
        }
        let numbers = try ledger.history(limit: 1_000).map(\.number)
        #expect(numbers.count == Int(LedgerLimit.versions) + 1)
        #expect(numbers.first == LedgerLimit.versions + 6)
        #expect(numbers.last == 1)
        #expect(try ledger.files(ofVersion: 1) == files)
        #expect(throws: LedgerError.notFound("configuration version 2")) {
            try ledger.files(ofVersion: 2)
        }
    }

    @Test func filesThatDidNotChangeTakeNoRoomAgain() throws {
        let fixture = try Fixture()
        let large = ConfigurationFile(
            name: "large", content: [UInt8](repeating: 0x41, count: 1 << 20))
        do {
            let ledger = try fixture.open()
            for index in 0..<20 {
                let small = ConfigurationFile(name: "small", content: [UInt8(index)])
                _ = try append([large, small], to: ledger)
            }
            #expect(try ledger.files(ofVersion: 20).first == large)
        }
        #expect(try fixture.size() < 2 << 20)
    }

    @Test func pendingFilesStayUntilTheyAreDone() throws {
        let fixture = try Fixture()
        let pending = [
            PendingFile(name: "b", content: [1, 2]), PendingFile(name: "a", content: nil),
            PendingFile(name: "c", content: []),
        ]
        do {
            let ledger = try fixture.open()
            #expect(try ledger.pendingFiles() == [])
            try ledger.transaction { changes throws(LedgerError) in
                try changes.setPendingFiles([PendingFile(name: "x", content: nil)])
                try changes.setPendingFiles(pending)
            }
        }
        let ledger = try fixture.open()
        #expect(try ledger.pendingFiles() == pending)
        try ledger.transaction { changes throws(LedgerError) in try changes.setPendingFiles([]) }
        #expect(try ledger.pendingFiles() == [])
    }

    @Test func aConfigurationThatIsTooLargeIsRefused() throws {
        let ledger = try Fixture().open()
        let bytes = [UInt8](repeating: 0x41, count: LedgerLimit.fileBytes + 1)
        #expect(
            throws: LedgerError.tooLarge(
                "the configuration's bytes", count: bytes.count, limit: LedgerLimit.fileBytes)
        ) { try append([ConfigurationFile(name: "a", content: bytes)], to: ledger) }
        let many = (0...LedgerLimit.files).map { ConfigurationFile(name: "\($0)", content: []) }
        #expect(
            throws: LedgerError.tooLarge(
                "the configuration's files", count: many.count, limit: LedgerLimit.files)
        ) { try append(many, to: ledger) }
        #expect(throws: LedgerError.conflict("UNIQUE constraint failed: files.version, files.name"))
        { try append([files[0], files[0]], to: ledger) }
        #expect(try ledger.history(limit: 9) == [])
    }
}

struct EventTests {
    private func event(_ number: Int64) throws -> LedgerEvent {
        LedgerEvent(
            at: number, project: number % 2 == 0 ? try project("shop") : nil,
            workload: number % 4 == 0 ? try workload("web") : nil,
            run: number % 4 == 0 ? RunID(rawValue: UInt64.max) : nil, severity: 4,
            kind: "service.ready", text: "number \(number)")
    }

    @Test func eventsReadBackInTheirOrder() throws {
        let ledger = try Fixture().open()
        let events = try (1...8).map { try event(Int64($0)) }
        try ledger.transaction { changes throws(LedgerError) in
            for event in events { try changes.append(event) }
        }
        let kept = try ledger.events(after: 0, limit: 99)
        #expect(kept.map(\.number) == Array(1...8))
        #expect(
            kept.map { event in
                var event = event
                event.number = 0
                return event
            } == events)
        #expect(try ledger.events(after: 6, limit: 1).map(\.number) == [7])
        #expect(try ledger.lastEvents(limit: 2).map(\.number) == [7, 8])
        #expect(try ledger.lastEvents(of: try project("shop"), limit: 2).map(\.number) == [6, 8])
    }

    @Test func onlyTheLastEventsAreKept() throws {
        let fixture = try Fixture()
        let ledger = try fixture.open()
        let total = LedgerLimit.events + 672
        let template = try event(1)
        try ledger.transaction(.process) { changes throws(LedgerError) in
            for _ in 0..<total { try changes.append(template) }
        }
        let oldest = try #require(try ledger.events(after: 0, limit: 1).first).number
        #expect(oldest == 673)
        #expect(try ledger.lastEvents(limit: 1).map(\.number) == [total])
    }
}
