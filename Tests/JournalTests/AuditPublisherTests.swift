import Audit
import Plan
import Syscalls
import Testbed
import Testing

@testable import Journal

struct AuditPublisherTests {
    private let temporary: TemporaryDirectory
    private var path: String { temporary.path + "/socket" }

    init() throws { temporary = try TemporaryDirectory() }

    private func record(_ message: String = "it is ready") throws -> AuditRecord {
        AuditRecord(
            AuditEntry(
                .serviceReady, message, project: try ProjectName("shop"),
                workload: try WorkloadName("web"), run: RunID(rawValue: 17)),
            chain: "c0ffee", sequence: 7, previous: .none, at: 1_234)
    }

    private let hash = AuditHash(bytes: [UInt8](repeating: 0xab, count: 32))

    private func received(_ socket: borrowing FileDescriptor) throws -> String {
        String(decoding: try socket.read(upTo: 65_536), as: UTF8.self)
    }

    @Test func aRecordIsOneDatagramWithAllItsFieldsAndItsHash() throws {
        let receiver = try datagramReceiver(at: path)
        let publisher = AuditPublisher(socket: path)
        #expect(publisher.send(try record().bytes, hash: hash, isAgain: false) == .sent)
        let zeroes = String(repeating: "0", count: 64)
        #expect(
            try received(receiver) == """
                BULKHEAD_AT=1234
                BULKHEAD_CHAIN=c0ffee
                BULKHEAD_EVENT=service.ready
                BULKHEAD_PREV=\(zeroes)
                BULKHEAD_PROJECT=shop
                BULKHEAD_RUN=17
                BULKHEAD_SEQ=7
                BULKHEAD_WORKLOAD=web
                MESSAGE=shop/web: it is ready
                MESSAGE_ID=\(AuditKind.serviceReady.messageID)
                PRIORITY=6
                SYSLOG_IDENTIFIER=bulkheadd
                BULKHEAD_HASH=\(String(repeating: "ab", count: 32))

                """)
    }

    @Test func oneThatIsSentAgainSaysSo() throws {
        let receiver = try datagramReceiver(at: path)
        let publisher = AuditPublisher(socket: path)
        #expect(publisher.send(try record().bytes, hash: hash, isAgain: true) == .sent)
        #expect(try received(receiver).hasSuffix("\nBULKHEAD_REPUBLISHED=1\n"))
    }

    /// It would be another field.
    @Test func aNewlineInAValueStaysInIt() throws {
        let receiver = try datagramReceiver(at: path)
        let publisher = AuditPublisher(socket: path)
        let bytes = try record("x\nBULKHEAD_SEQ=9").bytes
        #expect(publisher.send(bytes, hash: hash, isAgain: false) == .sent)
        let text = try received(receiver)
        #expect(text.contains("\nMESSAGE\n"))
        #expect(text.contains("\nBULKHEAD_SEQ=7\n"))
    }

    @Test func whereNobodyListensThatIsSaidAndNothingWaits() throws {
        let pipe = try pipe()
        let publisher = AuditPublisher(socket: path, standardError: pipe.write.number)
        let bytes = try record().bytes
        #expect(publisher.send(bytes, hash: hash, isAgain: false) == .absent)
        publisher.tell(bytes)
        #expect(
            String(decoding: try pipe.read.read(upTo: 4_096), as: UTF8.self)
                == "bulkheadd: shop/web: it is ready\n")
    }

    @Test func aJournalThatTakesNoMoreIsBusy() throws {
        let receiver = try datagramReceiver(at: path)
        let publisher = AuditPublisher(socket: path)
        let bytes = try record().bytes
        var count = 0
        while publisher.send(bytes, hash: hash, isAgain: false) == .sent { count += 1 }
        #expect(count > 0)
        #expect(publisher.send(bytes, hash: hash, isAgain: false) == .busy)
        _ = try received(receiver)
        #expect(publisher.send(bytes, hash: hash, isAgain: false) == .sent)
    }
}
