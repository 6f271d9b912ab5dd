import JSONTree
import Presentation
import Testing

@Suite struct ScheduleViewTests {
    private static let shown = """
        {"strategy": "priority_based", "chosen": true, "decided_at_us": 1795250001000000,
         "fairness": 0.996, "efficiency": 1.0, "running": 1, "waiting": 2,
         "capacity": {"cpu": 3800, "memory": 4294967296, "disk": 0, "slots": 8},
         "shares": [
          {"project": "shop", "priority": "high", "running": true,
           "use": {"cpu": 350, "memory": 104857600, "disk": 0, "slots": 0},
           "demand": {"cpu": 1500, "memory": 209715200, "disk": 0, "slots": 0},
           "allocation": {"cpu": 1000, "memory": 209715200, "disk": 0, "slots": 0},
           "cpu_weight": 2632, "slots": 3, "cpu_reason": "it is at its limit",
           "memory_reason": "it has all that it wants", "preemption": "squeezed"},
          {"project": "mill", "priority": "low", "running": false, "preemption": "none",
           "cpu_weight": 1, "slots": 0}]}
        """

    @Test func whoGetsWhatIsATable() throws {
        let text = scheduleShares(try json(Self.shown), on: medium())
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("PROJECT  PRIORITY   CPU  WANTS  GETS  WEIGHT"))
        #expect(lines[1].contains("shop     high      0.35    1.5     1    2632"))
        #expect(
            lines[1].hasSuffix(
                "squeezed  cpu: it is at its limit; memory: it has all that it wants"))
        #expect(lines[2].hasSuffix("it does not run"))
        #expect(text.contains("strategy    priority_based, chosen by an operator\n"))
        #expect(text.contains("machine     3.8 processors, 4G\n"))
        #expect(text.contains("fairness    99.6%\nefficiency  100.0%\n"))
        #expect(text.hasSuffix("2 projects wait: bulkhead queue\n"))
    }

    @Test func aRefusedStrategyIsSaid() throws {
        let reply = try json(#"{"strategy": "/opt/x", "refusal": "late\nindeed", "shares": []}"#)
        #expect(
            scheduleShares(reply, on: medium()).contains("            not followed: late"))
    }

    @Test func samplesAreCommaSeparated() throws {
        let reply = try json(
            #"{"samples": [{"project": "shop", "at_us": 5000000, "cpu": 1, "memory": 2, "disk": 3, "slots": 4, "span_ms": 5, "cpu_stall": 6, "memory_stall": 7, "io_stall": 8, "kills": 9}]}"#
        )
        #expect(
            scheduleSamples(reply, on: medium()).hasSuffix("kills\n5,shop,1,2,3,4,5,6,7,8,9\n"))
    }

    @Test func whatIsEmptyIsSaid() throws {
        #expect(scheduleHistory(["records": []], on: medium()) == "nothing was changed yet\n")
        #expect(
            adviceList(["advice": []], on: medium())
                == "no limit should be another one, by what is known\n")
        #expect(
            scheduleChanges(["changes": [], "strategy": "static"], isPlan: true, on: medium())
                == "nothing to change by static\n")
        #expect(
            queueList(["waiting": [], "running": 1, "running_max": 10], on: medium())
                == "nobody waits\n1 project has a place of 10\n")
    }

    @Test func whoWaitsIsListedWithWhatFor() throws {
        let reply = try json(
            #"{"waiting": [{"project": "mill", "priority": "low", "waited_ms": 65000, "why": "no room"}], "running": 2}"#
        )
        #expect(
            queueList(reply, on: medium()) == """
                NO  PROJECT  PRIORITY  WAITS  FOR
                 1  mill     low       1m 5s  no room
                2 projects have a place

                """)
    }
}
