import JSONTree
import Presentation
import Testing

@Suite struct QuotaViewTests {
    private static let shop = """
        {"quotas": [{"project": "shop", "limits": [
          {"name": "memory", "unit": "bytes", "configured": "1G", "source": "set",
           "until_ms": 3540000, "in_force": "2G", "in_use": 629145600, "peak": 1181116007, "hits": 3},
          {"name": "cpu", "unit": "millicores", "configured": "1.5", "source": "configuration",
           "in_force": "1.5", "in_use": 350},
          {"name": "cpu_burst", "unit": "microseconds", "source": "default", "in_force": "0"},
          {"name": "memory", "workload": "web", "unit": "bytes", "configured": "512M",
           "source": "outside", "in_force": "max", "in_use": 0, "hits": 0,
           "alarm": "systemctl set-property lifted it"}],
         "pressure": [{"resource": "cpu", "some": 12.54}, {"resource": "memory", "some": 0,
           "full": 0}, {"resource": "io", "some": 3.1, "full": 1.09}]}]}
        """

    @Test func aLimitIsShownAsConfiguredAndAsInForce() throws {
        #expect(
            quotaList(try json(Self.shop), workload: nil, on: medium()) == """
                TARGET    LIMIT   CONFIGURED  IN FORCE  IN USE  PEAK  HIT  FROM
                shop      memory  1G          2G          600M  1.1G    3  set, 59m left
                          cpu     1.5         1.5         0.35     -    -  configuration
                shop/web  memory  512M        max            0     -    0  outside

                PRESSURE 10S    CPU  MEMORY   ALL    IO   ALL
                shop          12.5%    0.0%  0.0%  3.1%  1.0%

                ALARM: shop/web: memory 512M is not in force: systemctl set-property lifted it

                """)
    }

    @Test func aWorkloadIsShownAlone() throws {
        let reply = try json(Self.shop)
        let text = quotaList(reply, workload: "web", on: medium())
        #expect(text.contains("shop/web") && !text.contains("cpu") && !text.contains("PRESSURE"))
        #expect(hasAlarm(reply, workload: "web") && hasAlarm(reply, workload: nil))
        #expect(!hasAlarm(reply, workload: "db"))
    }

    @Test func anAlarmStandsOutOnATerminal() throws {
        let text = quotaList(try json(Self.shop), workload: nil, on: medium(coloured: true))
        #expect(text.contains("\u{1B}[31mALARM: shop/web: memory 512M"))
    }

    @Test func whatIsNotAsConfiguredIsReset() throws {
        let reply = try json(Self.shop)
        #expect(changedLimits(reply, workload: nil) == ["memory"])
        #expect(changedLimits(reply, workload: "web") == ["memory"])
        #expect(changedLimits(reply, workload: "db") == [])
    }

    @Test func stepsAreListedAndAPlanSaysThatItIsOne() throws {
        let reply = try json(
            """
            {"transaction": 7, "steps": [{"project": "shop", "workload": "web", "name": "memory",
              "from": "1G", "to": "512M", "how": "shrinks"}]}
            """)
        #expect(
            quotaSteps(reply, isPlan: false, on: medium()) == """
                TARGET    LIMIT   FROM  TO    HOW
                shop/web  memory  1G    512M  shrinks
                in force, as transaction 7

                """)
        #expect(
            quotaSteps(reply, isPlan: true, on: medium()).hasSuffix("\nnothing was done: a plan\n"))
        #expect(quotaSteps([:], isPlan: false, on: medium()) == "nothing to change\n")
    }

    @Test func theHistorySaysWhoAndWhy() throws {
        let reply = try json(
            """
            {"records": [{"transaction": 7, "at_us": 1795250061000000, "project": "shop",
              "name": "memory", "from": "1G", "to": "2G", "actor_uid": 1000, "via": "set",
              "reason": "import", "until_us": 1795253661000000}]}
            """)
        #expect(
            quotaHistory(reply, on: medium()) == """
                NO  WHEN        BY  VIA  TARGET  LIMIT   FROM  TO  UNTIL     WHY
                 7  08:34:21  1000  set  shop    memory  1G    2G  09:34:21  import

                """)
        #expect(quotaHistory(["records": []], on: medium()) == "no limit was changed yet\n")
    }

    @Test func theCauseComesFirstAndWhatToDoLast() throws {
        let reply = try json(
            """
            {"project": "shop", "workload": "web", "run": 17, "state": "ended",
             "cause": "memory-max", "text": "its memory limit of 1G killed it",
             "at_us": 1795250061000000, "evidence": ["memory.events: oom_kill 1"],
             "log": ["loading\\u001b[2J"], "suggestion": "bulkhead quota set shop/web --memory 1.4G"}
            """)
        #expect(
            explanation(reply, on: medium()) == """
                shop/web, run 17: its memory limit of 1G killed it (memory-max, 08:34:21)

                what shows it
                  memory.events: oom_kill 1

                its last lines
                  | loading\\u{1b}[2J

                what to do
                  bulkhead quota set shop/web --memory 1.4G

                """)
    }
}
