import JSONTree
import Presentation
import Testing

@Suite struct ProjectViewTests {
    private static let now: Int64 = 1_795_396_015_000
    private static let shop = """
        {"name": "shop", "title": "The Shop", "path": "/srv/shop", "priority": "high",
         "phase": "active", "reason": "", "ready": true, "dependencies": ["db", "cache"],
         "pid": 1234, "cgroup": "/bulkhead.slice/bulkhead-shop.slice", "uptime_ms": 7512000,
         "memory_bytes": 125829120, "memory_max_bytes": 1073741824, "cpu_us": 12430000,
         "processes": 12, "services": [
           {"name": "web", "phase": "running", "reason": "", "ready": true, "health": "healthy",
            "run": 7, "pid": 1240, "uptime_ms": 7500000, "restarts": 0, "breaker": "closed",
            "memory_bytes": 52428800, "processes": 5, "checks": [
              {"purpose": "readiness", "at_ms": 1795396000000, "passed": false, "reason": "HTTP 503"},
              {"purpose": "readiness", "at_ms": 1795396010000, "passed": true, "reason": ""}]},
           {"name": "worker", "phase": "backing-off", "reason": "exited with status 1",
            "ready": false, "health": "unknown", "restarts": 4, "next_start_ms": 3100,
            "breaker": "half-open", "checks": []}]}
        """
    private static let api = """
        {"name": "api-gw", "title": "api-gw", "path": "/srv/api", "priority": "normal",
         "phase": "failed", "reason": "the directory is gone", "ready": false,
         "dependencies": [], "services": []}
        """

    @Test func projectsAreListedInColumnsAndExplainedBelow() throws {
        let reply = try json("{\"projects\": [\(Self.shop), \(Self.api)]}")
        #expect(
            projectList(reply, on: medium()) == """
                NAME    PHASE   READY  SERVICES  MEMORY  UPTIME  PATH
                shop    active  yes    1/2         120M   2h 5m  /srv/shop
                api-gw  failed  no     -              -       -  /srv/api

                api-gw: the directory is gone

                """)
        #expect(projectNames(reply) == "shop\napi-gw\n")
        #expect(serviceNames(reply["projects"]?.array ?? []) == "shop/web\nshop/worker\n")
    }

    @Test func anEmptyListSaysWhatToDoNext() throws {
        #expect(
            projectList(try json(#"{"projects": []}"#), on: medium())
                == "no projects yet: bulkhead register NAME PATH\n")
    }

    @Test func aProjectIsShownWithItsServicesAndChecks() throws {
        let reply = try json("{\"project\": \(Self.shop)}")
        #expect(
            projectDetails(reply, service: nil, now: Self.now, on: medium()) == """
                shop — The Shop
                  phase      active, ready
                  path       /srv/shop
                  priority   high
                  needs      db, cache
                  sandbox    pid 1234, up 2h 5m
                  cgroup     /bulkhead.slice/bulkhead-shop.slice
                  memory     120M of 1G
                  processor  12.4s used
                  processes  12

                SERVICE  PHASE        HEALTH   READY   PID  UPTIME  RESTARTS  MEMORY  PROCESSES
                web      running      healthy  yes    1240   2h 5m         0     50M          5
                worker   backing-off  unknown  no        -       -         4       -          -

                worker: exited with status 1
                worker: circuit breaker half-open
                worker: starts again in 3s

                SERVICE  CHECK      RESULTS  LAST    REASON
                web      readiness  ✗✓       5s ago  -

                """)
    }

    @Test func oneServiceOfAProjectIsShownAlone() throws {
        let reply = try json("{\"project\": \(Self.shop)}")
        let text = projectDetails(reply, service: "worker", now: Self.now, on: medium())
        #expect(text.hasPrefix("SERVICE "))
        #expect(text.contains("worker") && !text.contains("web"))
    }

    @Test func aColumnThatDoesNotFitIsCut() throws {
        let reply = try json(
            #"{"projects": [{"name": "a", "phase": "active", "ready": true, "path": "/srv/a/very/long/path/to/it"}]}"#
        )
        #expect(
            projectList(reply, on: medium(width: 60)) == """
                NAME  PHASE   READY  SERVICES  MEMORY  UPTIME  PATH
                a     active  yes    -              -       -  /srv/a/very/…

                """)
    }

    @Test func onlyATerminalIsShownColours() throws {
        let reply = try json("{\"projects\": [\(Self.api)]}")
        let text = projectList(reply, on: medium(coloured: true))
        #expect(text.contains("\u{1B}[31mfailed\u{1B}[0m"))
        #expect(text.hasPrefix("\u{1B}[1mNAME\u{1B}[0m  "))
    }

    @Test func whatAProjectIsCalledCannotDriveTheTerminal() throws {
        let reply = try json(
            #"{"project": {"name": "x", "title": "\u001b[2J\u202eevil\n", "phase": "\u0007", "services": [{"name": "\u009b", "phase": "running"}]}}"#
        )
        let text = projectDetails(reply, service: nil, now: Self.now, on: medium())
        for scalar in text.unicodeScalars where scalar != "\n" {
            #expect(scalar.value >= 0x20 && scalar.value != 0x9B && scalar.value != 0x202E)
        }
        #expect(text.hasPrefix("x — \\u{1b}[2J\\u{202e}evil\\u{a}\n"))
    }

    @Test func aWideTitleKeepsTheColumnsStraight() throws {
        let reply = try json(
            #"{"projects": [{"name": "店", "phase": "active", "path": "/a"}, {"name": "e\u0301tat", "phase": "failed", "path": "/b"}]}"#
        )
        #expect(
            projectList(reply, on: medium()) == """
                NAME  PHASE   READY  SERVICES  MEMORY  UPTIME  PATH
                店    active  no     -              -       -  /a
                e\u{301}tat  failed  no     -              -       -  /b

                """)
    }

    @Test func aReplyThatIsNoneIsShownAsFarAsItIsUnderstood() throws {
        for text in ["null", "[]", "{}", #"{"project": 5}"#, #"{"projects": [null, 7]}"#] {
            let reply = try json(text)
            _ = projectDetails(reply, service: nil, now: Self.now, on: medium())
            _ = projectList(reply, on: medium())
            _ = componentList(reply, on: medium())
        }
    }

    @Test func theComponentsAreListed() throws {
        let reply = try json(
            #"{"components": [{"name": "ledger", "ok": true, "text": "12 projects"}, {"name": "journal", "ok": false, "text": "not reached"}]}"#
        )
        #expect(
            componentList(reply, on: medium()) == """
                COMPONENT  STATE    IN SHORT
                ledger     ok       12 projects
                journal    failing  not reached

                """)
    }
}
