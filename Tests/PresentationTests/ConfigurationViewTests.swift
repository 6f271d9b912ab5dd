import JSONTree
import Presentation
import Testing

@Suite struct ConfigurationViewTests {
    @Test func changesAreListedAndWhatStaysIsCounted() throws {
        let reply = try json(
            """
            {"version": 4, "changes": [
              {"project": "shop", "verb": "change", "detail": "limits.memory 1G, was 512M"},
              {"project": "new", "verb": "add", "detail": "/srv/new"},
              {"project": "api", "verb": "keep", "detail": ""}],
             "unused": ["shop.yaml:3:3: slack_channel"]}
            """)
        #expect(
            changeList(reply, isPlan: false, on: medium()) == """
                PROJECT  CHANGE  IN SHORT
                shop     change  limits.memory 1G, was 512M
                new      add     /srv/new

                1 project stays as it is
                version 4 is in force
                accepted, not used: shop.yaml:3:3: slack_channel

                """)
        #expect(!changeList(reply, isPlan: true, on: medium()).contains("in force"))
    }

    @Test func nothingToChangeIsSaid() throws {
        let reply = try json(#"{"changes": [{"project": "a", "verb": "keep", "detail": ""}]}"#)
        #expect(
            changeList(reply, isPlan: true, on: medium())
                == "nothing to change: 1 project is as configured\n")
    }

    @Test func versionsAreListed() throws {
        let reply = try json(
            """
            {"versions": [{"version": 2, "applied_at_us": 1795250061000000, "actor_uid": 0,
              "via": "apply", "active": true, "projects": 15, "summary": "1 added"},
             {"version": 1, "applied_at_us": 1700000000000000, "actor_uid": 1000, "via": "start",
              "active": false, "projects": 14, "summary": ""}]}
            """)
        #expect(
            versionList(reply, on: medium()) == """
                VERSION  IN FORCE  APPLIED       BY  VIA    PROJECTS  IN SHORT
                      2  yes       08:34:21       0  apply        15  1 added
                      1  -         2025-11-01  1000  start        14  -

                """)
    }
}
