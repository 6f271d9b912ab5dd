import Plan
import Testing

@testable import LogReading

/// An entry of shop's service web as journald stores it.
private func entry(
    unit: String? = "bulkhead-shop.scope", project: String? = "shop", workload: String? = "web",
    run: String? = "17", priority: String? = "4", message: [UInt8]? = Array("hello".utf8)
) -> EntryFields {
    func bytes(_ text: String?) -> [UInt8]? { text.map { Array($0.utf8) } }
    return EntryFields(
        unit: bytes(unit), project: bytes(project), workload: bytes(workload), run: bytes(run),
        priority: bytes(priority), message: message)
}

struct LogLineTests {
    @Test func anEntryOfTheProjectsOwnScopeIsALine() throws {
        let line = try #require(LogLine(entry(), at: 5, for: LogRequest()))
        #expect(line.project.text == "shop")
        #expect(line.workload == "web")
        #expect(line.run == RunID(rawValue: 17))
        #expect(line.priority == 4)
        #expect(line.message == "hello")
    }

    @Test(arguments: [
        nil, "", "bulkhead-shop.service", "bulkhead-shop2.scope", "session-1.scope",
        "bulkhead-api.scope", "user@1000.service", "bulkhead.slice",
    ])
    func whatWasWrittenElsewhereIsForged(unit: String?) {
        #expect(LogLine(entry(unit: unit), at: 5, for: LogRequest()) == nil)
    }

    @Test func theUnitOfANameWithADashIsItsEscapedOne() throws {
        let forged = entry(unit: "bulkhead-api-gw.scope", project: "api-gw")
        #expect(LogLine(forged, at: 5, for: LogRequest()) == nil)
        let own = entry(unit: "bulkhead-api\\x2dgw.scope", project: "api-gw")
        #expect(LogLine(own, at: 5, for: LogRequest())?.project.text == "api-gw")
    }

    @Test func theSupervisorMayWriteOfEveryProject() throws {
        let line = LogLine(
            entry(unit: "bulkhead.service", workload: nil, run: nil), at: 5, for: LogRequest())
        #expect(try #require(line).workload == "")
        #expect(line?.run == nil)
    }

    @Test func theSupervisorsWordsAboutItsSubjectAreLeftOut() throws {
        func message(_ text: String, unit: String, workload: String?) throws -> String {
            let fields = entry(unit: unit, workload: workload, message: Array(text.utf8))
            return try #require(LogLine(fields, at: 5, for: LogRequest())).message
        }
        let own = "bulkhead.service"
        #expect(try message("shop/web: is ready", unit: own, workload: "web") == "is ready")
        #expect(try message("shop: is paused", unit: own, workload: nil) == "is paused")
        #expect(try message("shop: is paused", unit: own, workload: "web") == "shop: is paused")
        let text = "shop/web: said by itself"
        #expect(try message(text, unit: "bulkhead-shop.scope", workload: "web") == text)
    }

    @Test(arguments: [nil, "", "a b", "../x", "x\n"])
    func withoutAProjectsNameItIsNoLine(project: String?) {
        let fields = entry(unit: "bulkhead.service", project: project)
        #expect(LogLine(fields, at: 5, for: LogRequest()) == nil)
    }

    @Test func aWorkloadThatIsNoNameIsForged() {
        #expect(LogLine(entry(workload: "a\u{1b}[2J"), at: 5, for: LogRequest()) == nil)
    }

    @Test func onlyWhatWasAskedForIsShown() throws {
        func shown(_ request: LogRequest) -> Bool { LogLine(entry(), at: 5, for: request) != nil }
        #expect(shown(LogRequest(project: try ProjectName("shop"))))
        #expect(!shown(LogRequest(project: try ProjectName("api"))))
        #expect(shown(LogRequest(workload: try WorkloadName("web"))))
        #expect(!shown(LogRequest(workload: try WorkloadName("db"))))
        #expect(shown(LogRequest(run: RunID(rawValue: 17))))
        #expect(!shown(LogRequest(run: RunID(rawValue: 18))))
        #expect(shown(LogRequest(since: 5)))
        #expect(!shown(LogRequest(since: 6)))
    }

    @Test func bytesThatAreNoTextAreReplacedAndLongLinesCut() throws {
        let fields = entry(message: [0xff, 0x41] + [UInt8](repeating: 0x42, count: 1 << 20))
        let line = try #require(LogLine(fields, at: 5, for: LogRequest()))
        #expect(line.message.hasPrefix("\u{fffd}AB"))
        #expect(line.message.utf8.count == LogLine.messageBytesMax + 2)
    }

    @Test func aPriorityThatIsNoneIsInfo() {
        #expect(LogLine(entry(priority: "x"), at: 5, for: LogRequest())?.priority == 6)
        #expect(LogLine(entry(priority: nil), at: 5, for: LogRequest())?.priority == 6)
        #expect(LogLine(entry(priority: "99"), at: 5, for: LogRequest())?.priority == 7)
    }
}

struct LogReplyTests {
    private func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.dropLast(), as: UTF8.self)
    }

    @Test func aLineIsAReplyWithOthersToCome() throws {
        let fields = entry(message: Array("say \"hi\"\n\u{1b}\u{0}".utf8))
        let line = try #require(LogLine(fields, at: UInt64.max, for: LogRequest()))
        let reply = LogReply.line(line)
        #expect(reply.last == 0)
        #expect(reply.dropLast().contains(0) == false)
        #expect(
            text(reply)
                == #"{"parameters":{"line":{"at_us":18446744073709551615,"project":"shop","#
                + #""workload":"web","run":17,"priority":4,"#
                + #""message":"say \"hi\"\n\u001b\u0000"}},"continues":true}"#)
    }

    @Test func aLineWithoutARunHasNone() throws {
        let line = try #require(LogLine(entry(run: "x"), at: 5, for: LogRequest()))
        #expect(!text(LogReply.line(line)).contains("\"run\""))
    }

    @Test func aFailureIsATypedErrorWithItsHint() {
        #expect(
            text(LogReply.failure(LogReadingError.noGroup("systemd-journal")))
                == #"{"error":"io.bulkhead.Supervisor.Failed","parameters":{"message":"#
                + #""the journal cannot be read: there is no group 'systemd-journal'","#
                + #""hint":"systemd's own sysusers make it: systemd-sysusers"}}"#)
    }
}

struct LogRequestTests {
    @Test func theCommandLineReadsBack() throws {
        let requests = [
            LogRequest(),
            LogRequest(
                project: try ProjectName("shop"), workload: try WorkloadName("web"),
                run: RunID(rawValue: UInt64.max), lines: 0, since: 1, follow: true),
        ]
        for request in requests { #expect(try LogRequest(parsing: request.arguments) == request) }
    }

    @Test(arguments: [
        (["--lines"], "--lines '': needs a value"),
        (["--lines", "x"], "--lines 'x': is no number"),
        (["--run", "-1"], "--run '-1': is no number"), (["-f"], "argument '-f': is not known"),
    ])
    func whatIsWrongIsNamed(arguments: [String], message: String) {
        let error = #expect(throws: InvalidValue.self) { try LogRequest(parsing: arguments) }
        #expect(error?.message == message)
    }
}
