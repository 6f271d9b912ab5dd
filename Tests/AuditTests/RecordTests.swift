import Audit
import Crypto
import Plan
import Syscalls
import Testing

struct RecordTests {
    private let digest: Digest

    init() throws { digest = try Digest() }

    @Test func theBytesAreTheFieldsInTheOrderOfTheirNames() throws {
        let entry = AuditEntry(
            .projectReady, "ready", project: try ProjectName("shop"), details: [("BULKHEAD_Z", "é")]
        )
        let record = AuditRecord(entry, chain: "0a", sequence: 7, previous: .none, at: 12)
        let zeroes = String(repeating: "0", count: 64)
        let text =
            "BULKHEAD_AT=2:12\nBULKHEAD_CHAIN=2:0a\nBULKHEAD_EVENT=13:project.ready\n"
            + "BULKHEAD_PREV=64:\(zeroes)\nBULKHEAD_PROJECT=4:shop\nBULKHEAD_SEQ=1:7\n"
            + "BULKHEAD_Z=2:é\nMESSAGE=11:shop: ready\nMESSAGE_ID=32:\(AuditKind.projectReady.messageID)\n"
            + "PRIORITY=1:5\nSYSLOG_IDENTIFIER=9:bulkheadd\n"
        #expect(String(decoding: record.bytes, as: UTF8.self) == text)
    }

    /// Made with sha256sum(1).
    @Test func theHashIsSHA256() {
        #expect(
            AuditHash(bytes: digest.hash(Array("abc".utf8))).text
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func valuesMayHoldAnything() throws {
        let values = ["\n", "\u{0}", "a\nBULKHEAD_SEQ=9:x\n", ":=", "\u{1b}[2J", "é\u{202e}"]
        for value in values {
            let entry = AuditEntry(.supervisorNote, "note", details: [("BULKHEAD_X", value)])
            let record = AuditRecord(entry, chain: "0a", sequence: 1, previous: .none, at: 1)
            let fields = try #require(AuditRecord.fields(of: record.bytes))
            #expect(fields.filter { $0.name == "BULKHEAD_X" }.map(\.value) == [Array(value.utf8)])
            #expect(fields.filter { $0.name == "BULKHEAD_SEQ" }.map(\.value) == [[49]])
            var again: [UInt8] = []
            for field in fields { AuditRecord.append(field.name.utf8, field.value, to: &again) }
            #expect(again == record.bytes)
        }
    }

    @Test func whatIsNoRecordHasNoFields() {
        for text in [
            "A", "A=", "A=1:", "A=1:xy", "A=2:x\n", "A=-1:x\n", "A=9999999999999999999:x\n",
        ] {
            #expect(AuditRecord.fields(of: Array(text.utf8)) == nil, "\(text)")
        }
    }

    @Test func aLongValueIsCutBetweenTwoCharactersAndMarked() {
        let most = AuditEntry.valueBytesMax
        // With the longest name that we write, journalctl shows it: 4,096 bytes with name and `=`.
        #expect(most + AuditField.actorLoginUser.utf8.count + 1 < 4_096)
        for (text, kept) in [
            (String(repeating: "x", count: most), most),
            (String(repeating: "x", count: most + 1), most),
            (String(repeating: "é", count: most), most - 1),
            ("x" + String(repeating: "é", count: most), most),
            (String(repeating: "\u{1F600}", count: most), most - 1),
            ("xx" + String(repeating: "\u{1F600}", count: most), most - 3),
        ] {
            let record = AuditRecord(
                AuditEntry(.supervisorNote, text), chain: "0a", sequence: 1, previous: .none, at: 1)
            let bytes = AuditRecord.fields(of: record.bytes)?.first { $0.name == "MESSAGE" }?.value
            let message = String(validating: bytes ?? [], as: UTF8.self) ?? ""
            #expect(message.utf8.count == kept)
            if text.utf8.count > most { #expect(message.hasSuffix("…")) }
            #expect(text.hasPrefix(message.filter { $0 != "…" }))
        }
    }

    @Test func aStatementIsReadAsItWasWritten() throws {
        let statement = AuditStatement(
            chain: "0a", sequence: 5, hash: .none, at: 17, key: "0123456789abcdef")
        let signature = [UInt8](repeating: 0xab, count: 64)
        let line = statement.line(signature: signature)
        let (read, bytes) = try #require(AuditStatement.parse(line))
        #expect(read == statement && bytes == signature)
        for wrong in [
            line + " ", " " + line, line + "0", String(line.dropLast()), "",
            replaced(line, "head 1", "head 2"), replaced(line, " 5 ", " 05 "),
            replaced(line, " 17 ", " +17 "),
        ] {
            #expect(AuditStatement.parse(wrong) == nil, "\(wrong)")
        }
    }

    @Test func everyKindHasAnIdentityOfItsOwnAndAnEntryInTheCatalog() throws {
        let identities = AuditKind.allCases.map(\.messageID)
        #expect(Set(identities).count == identities.count)
        let path = "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")
        let catalog = try open("/\(path)/cgroups/bulkhead.catalog").readAll(limit: 1 << 20)
        let lines = String(decoding: catalog, as: UTF8.self).split(separator: "\n")
        for kind in AuditKind.allCases {
            #expect(kind.messageID.utf8.count == 32 && decodedHex(kind.messageID.utf8) != nil)
            #expect(lines.contains { $0 == "-- \(kind.messageID)" }, "\(kind.rawValue)")
            #expect(kind.priority <= 7)
        }
    }
}

/// The first of `text` becomes `other`.
private func replaced(_ line: String, _ text: String, _ other: String) -> String {
    let (all, wanted) = (Array(line.utf8), Array(text.utf8))
    let last = all.count - wanted.count
    guard let start = (0...last).first(where: { all[$0...].starts(with: wanted) }) else {
        return line
    }
    let bytes = all[..<start] + Array(other.utf8) + all[(start + wanted.count)...]
    return String(decoding: bytes, as: UTF8.self)
}
