import Plan
import Supervision
import Syscalls
import Testbed
import Testing

@testable import Journal

struct SupervisorJournalTests {
    private struct Failure: Diagnosable {
        var message: String { "the pump is\ndry" }
        var hint: String? { "pour water" }
    }

    private let temporary: TemporaryDirectory
    private var path: String { temporary.path + "/socket" }

    init() throws { temporary = try TemporaryDirectory() }

    private func received(_ socket: borrowing FileDescriptor) throws -> String {
        String(decoding: try socket.read(upTo: 65_536), as: UTF8.self)
    }

    @Test func whatItSaysBecomesOneRecordWithItsFields() throws {
        let receiver = try datagramReceiver(at: path)
        SupervisorJournal(socket: path).say("it is ready", severity: .notice, kind: "pump.ready")
        #expect(
            try received(receiver) == """
                MESSAGE=it is ready
                PRIORITY=5
                SYSLOG_IDENTIFIER=bulkheadd
                BULKHEAD_EVENT=pump.ready

                """)
    }

    @Test func aFailureIsRecordedWithItsHintAndOnOneLine() throws {
        let receiver = try datagramReceiver(at: path)
        SupervisorJournal(socket: path).report(Failure())
        #expect(
            try received(receiver) == """
                MESSAGE=the pump is\\u{a}dry (pour water)
                PRIORITY=3
                SYSLOG_IDENTIFIER=bulkheadd
                BULKHEAD_EVENT=supervisor.failure
                BULKHEAD_HINT=pour water

                """)
    }

    @Test func aTextCannotForgeAField() throws {
        let receiver = try datagramReceiver(at: path)
        SupervisorJournal(socket: path).say("x\nPRIORITY=0\n_UID=0", kind: "pump.ready")
        let record = try received(receiver)
        #expect(record.hasPrefix("MESSAGE=x\\u{a}PRIORITY=0\\u{a}_UID=0\nPRIORITY=6\n"))
    }

    @Test func aValueWithNewlinesHasItsLengthBeforeIt() {
        var record = JournalRecord()
        record.append("A", "x\ny")
        record.append("B", "")
        #expect(
            record.bytes == Array("A\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0] + Array("x\ny\nB=\n".utf8))
    }

    @Test func aRecordThatIsTooLongIsCutAndStillSent() throws {
        let receiver = try datagramReceiver(at: path)
        SupervisorJournal(socket: path).say(
            String(repeating: "x", count: 1 << 20), kind: "pump.ready")
        let record = try received(receiver)
        #expect(record.utf8.count < JournalRecord.valueBytesMax + 300)
        #expect(record.hasSuffix("BULKHEAD_EVENT=pump.ready\n"))
    }

    @Test func recordsWaitForASlowJournalInTheirOrder() throws {
        let receiver = try datagramReceiver(at: path)
        let journal = SupervisorJournal(socket: path)
        var sent = 0
        while journal.waitingCount < 3 {
            journal.say("number \(sent)", kind: "pump.ready")
            sent += 1
        }
        for number in 0..<sent {
            if number == sent - 3 { journal.flush() }
            #expect(try received(receiver).hasPrefix("MESSAGE=number \(number)\n"))
        }
        #expect(journal.waitingCount == 0)
    }

    @Test func whatIsDroppedIsCounted() throws {
        let receiver = try datagramReceiver(at: path)
        let journal = SupervisorJournal(socket: path)
        while journal.waitingCount == 0 { journal.say("it is ready", kind: "pump.ready") }
        for _ in 1..<(SupervisorJournal.waitingMax + 7) {
            journal.say("it is ready", kind: "pump.ready")
        }
        #expect(journal.waitingCount == SupervisorJournal.waitingMax)
        var last = ""
        while true {
            do { last = try received(receiver) } catch let error as SystemCallError {
                #expect(error.errno == .EAGAIN)
                if journal.waitingCount == 0 { break }
                journal.flush()
            }
        }
        #expect(
            last.hasPrefix(
                "MESSAGE=7 records of the supervisor were dropped while journald was slow\n"))
    }

    @Test func anotherJournalAtTheSamePlaceIsFound() throws {
        let journal = SupervisorJournal(socket: path)
        do {
            let receiver = try datagramReceiver(at: path)
            journal.say("one", kind: "pump.ready")
            #expect(try received(receiver).hasPrefix("MESSAGE=one\n"))
        }
        try Directory(opening: temporary.path).removeFile("socket")
        let receiver = try datagramReceiver(at: path)
        journal.say("two", kind: "pump.ready")
        #expect(try received(receiver).hasPrefix("MESSAGE=two\n"))
    }

    @Test func withoutAJournalLinesGoToStandardError() throws {
        let pipe = try pipe()
        let journal = SupervisorJournal(socket: path, standardError: pipe.write.number)
        journal.say("it is ready", kind: "pump.ready")
        journal.report(Failure())
        #expect(
            String(decoding: try pipe.read.read(upTo: 4_096), as: UTF8.self) == """
                bulkheadd: it is ready
                bulkheadd: the pump is\\u{a}dry (pour water)

                """)
    }
}
