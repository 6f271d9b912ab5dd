import Audit
import AuditReading
import Plan
import Syscalls
import Testing
import TrailMaking

struct ExportTests {
    private func read(
        _ bytes: [UInt8], _ selection: AuditSelection = AuditSelection()
    ) throws -> [JournalEntry] {
        let file = try memoryFile("export", containing: bytes)
        let source = try AuditSource(["/proc/self/fd/\(file.number)"], selection)
        var entries: [JournalEntry] = []
        while let entry = try source.next() { entries.append(entry) }
        return entries
    }

    private func entry(_ number: Int) -> MadeEntry {
        MadeEntry(
            fields: [
                ("MESSAGE", Array("line\n\u{0}\(number)".utf8)), ("N", Array("\(number)".utf8)),
            ],
            realtime: UInt64(number))
    }

    @Test func entriesComeAsTheyWereWritten() throws {
        let entries = try read((1...3).flatMap { entry($0).exported })
        #expect(entries.map(\.realtime) == [1, 2, 3])
        #expect(entries.map { $0.text("MESSAGE") } == (1...3).map { "line\n\u{0}\($0)" })
        #expect(entries[0].text("__MONOTONIC_TIMESTAMP") == "5")
    }

    @Test func theLastEntryNeedsNoEmptyLine() throws {
        #expect(try read(Array("A=1\n\n\n\nA=2\n".utf8)).map { $0.text("A") } == ["1", "2"])
        #expect(try read([]).isEmpty)
    }

    /// Wherever the byte stands: names are looked at eight bytes at a time.
    @Test func aNameHasLettersDigitsAndUnderscores() throws {
        let letters = Array("ABZ_019M".utf8)
        for byte in UInt8.min...UInt8.max where byte != UInt8(ascii: "\n") {
            let isName =
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_")
            for place in 1...17 {
                var name = (0..<19).map { letters[$0 % letters.count] }
                name[place] = byte
                let line = name + Array("=x\n".utf8)
                if byte == UInt8(ascii: "=") {
                    let text = String(decoding: name[..<place], as: UTF8.self)
                    #expect(try read(line).first?.text(text) != nil)
                } else if isName {
                    let text = String(decoding: name, as: UTF8.self)
                    #expect(try read(line).first?.text(text) == "x")
                } else {
                    #expect(throws: AuditReadingError.self) { try read(line) }
                }
            }
        }
    }

    @Test func matchesAndTimesSelect() throws {
        let bytes = (1...9).flatMap { entry($0).exported }
        let matches = [AuditMatch("N", "2"), AuditMatch("N", "5"), AuditMatch("N", "7")]
        #expect(
            try read(bytes, AuditSelection(matches: matches, since: 4)).map(\.realtime) == [5, 7])
        #expect(try read(bytes, AuditSelection(last: 2)).map(\.realtime) == [8, 9])
        #expect(try read(bytes, AuditSelection(last: 0)).isEmpty)
    }

    @Test func whatIsTooLargeIsLeftOutAndTheRestIsRead() throws {
        let large = [UInt8](repeating: UInt8(ascii: "x"), count: EntryFields.fieldBytesMax + 1)
        var binary = large
        binary[7] = 10
        for value in [large, binary] {
            let bytes =
                MadeEntry(fields: [("A", [49]), ("L", value), ("B", [50])], realtime: 1).exported
                + entry(2).exported
            let file = try memoryFile("export", containing: bytes)
            let source = try AuditSource(["/proc/self/fd/\(file.number)"])
            let first = try #require(try source.nextFields())
            #expect(first.isCut)
            #expect(first.value(of: "A") == [49] && first.value(of: "B") == [50])
            #expect(first.value(of: "L") == nil)
            let second = try #require(try source.nextFields())
            #expect(!second.isCut && second.realtime == 2)
        }
    }

    @Test func anEntryOfManyFieldsIsBounded() throws {
        let fields = (0..<200_000).map { ("F\($0)", [UInt8](repeating: 65, count: 40)) }
        let bytes = MadeEntry(fields: fields, realtime: 1).exported + entry(2).exported
        let file = try memoryFile("export", containing: bytes)
        let source = try AuditSource(["/proc/self/fd/\(file.number)"])
        let first = try #require(try source.nextFields())
        #expect(first.isCut && first.places.count == EntryFields.fieldsMax)
        #expect(try source.nextFields()?.realtime == 2)
    }

    /// journald puts them last, and whoever sends too much would not be known.
    @Test(arguments: [40, 40_000])
    func whatJournaldSaysIsKeptOfAnEntryOfAnySize(_ size: Int) throws {
        let value = [UInt8](repeating: 65, count: size)
        let fields =
            (0..<2_000).map { ("F\($0)", value) } + [
                ("_UID", Array("1000".utf8)), ("_CMDLINE", [UInt8](repeating: 66, count: 100_000)),
                ("LAST", [49]), ("_COMM", Array("two\nlines".utf8)),
            ]
        let bytes = MadeEntry(fields: fields, realtime: 1).exported + entry(2).exported
        let file = try memoryFile("export", containing: bytes)
        let source = try AuditSource(["/proc/self/fd/\(file.number)"])
        let first = try #require(try source.nextFields())
        #expect(first.isCut && first.places.count <= EntryFields.fieldsMax + 2)
        #expect(first.value(of: "_UID").map(Array.init) == Array("1000".utf8))
        #expect(first.value(of: "_COMM").map(Array.init) == Array("two\nlines".utf8))
        #expect(first.value(of: "F3").map(Array.init) == value)
        #expect(first.value(of: "_CMDLINE") == nil && first.value(of: "LAST") == nil)
        #expect(try source.nextFields()?.realtime == 2)
        #expect(try source.nextFields() == nil)
    }

    @Test func whatJournaldSaysIsBoundedToo() throws {
        let fields = (0..<20_000).map { ("_F\($0)", [UInt8](repeating: 65, count: 4_000)) }
        let bytes = MadeEntry(fields: fields, realtime: 1).exported + entry(2).exported
        let file = try memoryFile("export", containing: bytes)
        let source = try AuditSource(["/proc/self/fd/\(file.number)"])
        let first = try #require(try source.nextFields())
        #expect(
            first.isCut
                && first.places.count <= EntryFields.fieldsMax + EntryFields.trustedFieldsMax)
        #expect(try source.nextFields()?.realtime == 2)
    }

    @Test func exportsFollowOneAnotherThoughTheClockWasSetBack() throws {
        let first = try memoryFile("export", containing: [1, 5, 6].flatMap { entry($0).exported })
        let second = try memoryFile("export", containing: [2, 3].flatMap { entry($0).exported })
        let paths = [first.number, second.number].map { "/proc/self/fd/\($0)" }
        let source = try AuditSource(paths, AuditSelection(since: 4))
        var times: [UInt64] = []
        while let entry = try source.next() { times.append(entry.realtime) }
        #expect(times == [5, 6, 2, 3])
    }

    @Test(arguments: [
        ("A=1\n\nb=2\n", 5, "a field has no name"),
        ("A=1\n\nA\u{0}=2\n", 5, "a name of a field has a byte that no name has"),
        ("A=1\n\nA=2", 5, "it ends within a field"),
        (
            "A=1\n\nA\n\u{1}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}xy\n", 5,
            "a binary field does not end where its length says"
        ),
    ])
    func damageIsNamedAfterTheEntriesBeforeIt(_ text: String, _ offset: Int, _ reason: String)
        throws
    {
        let file = try memoryFile("export", containing: Array(text.utf8))
        let path = "/proc/self/fd/\(file.number)"
        let source = try AuditSource([path])
        #expect(try source.next()?.text("A") == "1")
        let error = #expect(throws: AuditReadingError.self) { try source.next() }
        #expect(error == .damaged(path, offset: UInt64(offset), reason: reason))
        #expect(try source.next() == nil)
    }

    @Test func whatIsNoJournalIsAnErrorOfItsOwn() throws {
        #expect(throws: AuditReadingError.noJournal("/proc/self/fd")) {
            try AuditSource(["/proc/self/fd"])
        }
        let missing = #expect(throws: AuditReadingError.self) { try AuditSource(["/nowhere"]) }
        #expect(
            missing?.message == "the journal cannot be read: openat2 /nowhere: ENOENT"
                || missing?.message.contains("/nowhere") == true)
        let file = try memoryFile("journal", containing: Array("LPKSHHRH and no more".utf8))
        let damaged = #expect(throws: AuditReadingError.self) {
            try AuditSource(["/proc/self/fd/\(file.number)"])
        }
        #expect(damaged?.message.contains("the journal in '/proc/self/fd/") == true)
    }
}
