import JSONTree
import Presentation
import Testing

@Suite struct RunViewTests {
    @Test func processesAreListed() throws {
        let reply = try json(
            """
            {"processes": [
              {"project": "shop", "workload": "web", "run": 7, "pid": 1240, "pid_inside": 2, "uid": 1000,
               "state": "S", "memory_bytes": 1048576, "cpu_us": 350000, "command": "nginx: master"},
              {"project": "shop", "workload": "init", "pid": 1234, "pid_inside": 1, "uid": 0,
               "state": "S", "memory_bytes": 77824, "cpu_us": 65000000, "command": "bulkhead-init"}]}
            """)
        #expect(
            processList(reply, on: medium()) == """
                WORKLOAD   RUN   PID  INSIDE  USER  STATE  MEMORY    CPU  COMMAND
                shop/web     7  1240       2  1000  S          1M  0.35s  nginx: master
                shop/init    -  1234       1     0  S         76K  1m 5s  bulkhead-init

                """)
        #expect(
            processList(try json(#"{"processes": []}"#), on: medium())
                == "no processes: nothing runs there\n")
    }

    @Test func runsAreListedWithHowTheyEnded() throws {
        let reply = try json(
            """
            {"runs": [
              {"run": 12, "project": "shop", "workload": "exec-1", "kind": "exec", "command": ["sh", "-c", "x"],
               "actor_uid": 0, "state": "ended", "started_at_us": 1795250000000000,
               "ended_at_us": 1795250001500000, "exit_status": 137, "cause": "killed: memory.max 64M reached"},
              {"run": 11, "project": "shop", "workload": "web", "kind": "service", "command": ["nginx"],
               "actor_uid": 0, "state": "running", "pid": 9, "started_at_us": 1795163661000000}]}
            """)
        #expect(
            runList(reply, on: medium()) == """
                RUN  WORKLOAD     KIND     STATE    STARTED       TOOK  STATUS  CAUSE                           COMMAND
                 12  shop/exec-1  exec     ended    08:33:20        1s     137  killed: memory.max 64M reached  sh -c x
                 11  shop/web     service  running  Nov 20 08:34    1d       -  -                               nginx

                """)
    }

    @Test func aLogLineTellsWhatItsReaderDoesNotKnow() throws {
        let reply = try json(
            #"{"line": {"at_us": 1795250061000000, "project": "shop", "workload": "web", "run": 7, "priority": 6, "message": "GET /\u001b[2J"}}"#
        )
        func line(_ project: Bool, _ workload: Bool) -> String? {
            logLine(reply, namesProject: project, namesWorkload: workload, on: medium())
        }
        #expect(line(true, true) == "Nov 21 08:34:21 shop/web: GET /\\u{1b}[2J\n")
        #expect(line(false, true) == "Nov 21 08:34:21 web: GET /\\u{1b}[2J\n")
        #expect(line(false, false) == "Nov 21 08:34:21 GET /\\u{1b}[2J\n")
        let empty = try json("{}")
        #expect(
            logLine(empty, namesProject: true, namesWorkload: true, on: medium()) == nil)
    }

    @Test func anEventIsALine() throws {
        let reply = try json(
            #"{"at_us": 1795250061000000, "project": "shop", "workload": "web", "severity": 3, "kind": "service.ended", "text": "exited with status 1"}"#
        )
        #expect(
            eventLine(reply, on: medium())
                == "Nov 21 08:34:21 shop/web: exited with status 1 (service.ended)\n")
        #expect(
            eventLine(reply, on: medium(coloured: true)).contains(
                "\u{1B}[31mexited with status 1\u{1B}[0m"))
    }

    @Test func onlyAnEndThatTheCommandDidNotChooseIsTold() throws {
        #expect(endRemark(try json(#"{"exit_status": 3, "cause": "exited with status 3"}"#)) == nil)
        #expect(endRemark(try json(#"{"exit_status": 0}"#)) == nil)
        #expect(
            endRemark(try json(#"{"exit_status": 137, "cause": "killed: memory.max 64M reached"}"#))
                == "killed: memory.max 64M reached")
    }
}
