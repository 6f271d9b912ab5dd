import Plan
import Testing

@testable import Configuration

struct ChangeTests {
    private func changes(_ old: String, _ new: String) throws -> [ProjectChange] {
        Configuration.changes(from: try load(old), to: try load(new))
    }

    /// The one change of project p between two of its mappings, in YAML's flow style.
    private func change(_ old: String, _ new: String) throws -> ProjectChange {
        let changes = try changes(
            "projects: {p: {path: /srv/p, \(old)}}", "projects: {p: {path: /srv/p, \(new)}}")
        #expect(changes.count == 1)
        return try #require(changes.first)
    }

    @Test func projectsComeGoChangeAndStayInTheOrderOfTheirNames() throws {
        let found = try changes(
            "projects: {c: {path: /c}, a: {path: /a}, b: {path: /b}}",
            "projects: {d: {path: /d}, a: {path: /a}, b: {path: /b, status: paused}}")
        #expect(
            found.map { "\($0.project) \($0.verb.rawValue) \($0.detail)" } == [
                "a keep ", "b change status active → paused", "c remove ", "d add ",
            ])
    }

    @Test(
        arguments: [
            ("name: A", "name: B", "name A → B"),
            ("priority: low", "priority: high", "priority low → high"),
            ("limits: {memory: 512M}", "limits: {memory: 1G}", "limits.memory 512M → 1G"),
            ("limits: {memory: max}", "limits: {memory: 1G}", "limits.memory max → 1G"),
            (
                "limits: {memory: 1000000001}", "limits: {memory: 1000000002}",
                "limits.memory 1000000001 → 1000000002"
            ),
            ("limits: {memory_high: 8M}", "limits: {}", "limits.memory_high 8M → max"),
            ("limits: {swap: 8M}", "limits: {}", "limits.swap 8M → 0"),
            ("limits: {cpu: 1.5}", "limits: {cpu: 2}", "limits.cpu 1.5 → 2"),
            ("limits: {cpu_weight: 7}", "limits: {}", "limits.cpu_weight 7 → 100"),
            ("limits: {pids: 7}", "limits: {}", "limits.pids 7 → 256"),
            ("limits: {io: [\"/srv:rbps=1M\"]}", "limits: {}", "limits.io changed"),
            (
                "limits: {}", "limits: {allow_unlimited: true}",
                "limits.allow_unlimited false → true"
            ),
            (
                "log_rate: 10", "log_rate: {burst: 2000}",
                "log_rate.lines_per_second 10 → 300; log_rate.burst 1000 → 2000"
            ),
            ("tasks: {t: ls}", "tasks: {t: ls -l}", "tasks.t changed"),
            ("tasks: {t: ls}", "tasks: {}", "tasks.t removed"),
        ] as [(String, String, String)])
    func someChangesApplyToWhatRuns(old: String, new: String, detail: String) throws {
        let change = try change(old, new)
        #expect(change.detail == detail)
        #expect(change.items.allSatisfy { $0.need == .live })
        #expect(!change.needsAnotherSandbox)
        #expect(change.servicesToRestart == [])
    }

    @Test(
        arguments: [
            ("user: 1", "user: 2", "user 1:1 → 2:2"),
            ("group: 1", "group: 2", "user 1000:1 → 1000:2"),
            (
                "capabilities: [chown]", "capabilities: [CAP_KILL, CAP_CHOWN]",
                "capabilities CAP_CHOWN → CAP_KILL and CAP_CHOWN"
            ),
            ("seccomp: strict", "seccomp: /a.json", "seccomp strict → /a.json"),
            ("network: none", "network: host", "network none → host"),
            ("mounts: [/a]", "mounts: [{path: /a, access: rw}]", "mounts changed"),
            ("root: /a", "mounts: []", "root /a → none"),
            ("secrets: {a: /a}", "secrets: {a: /b}", "secrets.a /a → /b"),
            ("secrets: {a: /a}", "secrets: {b: /b}", "secrets.b added; secrets.a removed"),
        ] as [(String, String, String)])
    func someChangesWantAnotherSandbox(old: String, new: String, detail: String) throws {
        let services = "services: {web: ls}"
        let change = try change("\(old), \(services)", "\(new), \(services)")
        #expect(change.detail == "\(detail); restarts the sandbox")
        #expect(change.needsAnotherSandbox)
        #expect(change.servicesToRestart == [])
    }

    @Test(
        arguments: [
            ("ls", "[ls]", "services.web.command changed"),
            ("{command: ls, user: 7}", "ls", "services.web.user 7:7 → the project's"),
            ("{command: ls, group: 7}", "ls", "services.web.user 1000:7 → the project's"),
            (
                "{command: ls, environment: {A: secret}}",
                "{command: ls, environment: {A: other}}", "services.web.environment.A changed"
            ),
            (
                "{command: ls, working_directory: /tmp}", "ls",
                "services.web.working_directory /tmp → the project's"
            ),
            ("{command: ls, terminal: true}", "ls", "services.web.terminal true → false"),
            (
                "{command: ls, health: {notify: true}}", "ls",
                "services.web.health.notify true → false"
            ),
            (
                "{command: ls, health: {watchdog: 5s}}", "ls",
                "services.web.health.watchdog 5s → none"
            ),
        ] as [(String, String, String)])
    func someChangesStartAServiceAgain(old: String, new: String, detail: String) throws {
        let change = try change(
            "services: {web: \(old), db: ls}", "services: {web: \(new), db: ls}")
        #expect(change.detail == "\(detail); restarts web")
        #expect(change.servicesToRestart == [try WorkloadName("web")])
    }

    @Test(
        arguments: [
            ("{limits: {pids: 7}}", "limits.pids 7 → max"),
            ("{limits: {memory: 2M}}", "limits.memory 2M → max"),
            ("{after: [db]}", "after db → none"),
            ("{stop_signal: INT}", "stop_signal SIGINT → SIGTERM"),
            ("{grace: 1s}", "grace 1s → 10s"),
            ("{restart: always}", "restart.condition always → on-failure"),
            ("{restart: {delay: 1s}}", "restart.delay 1s → 500ms"),
            ("{restart: {delay_max: 2m}}", "restart.delay_max 2m → 1m"),
            ("{restart: {jitter: 5%}}", "restart.jitter 5% → 20%"),
            ("{restart: {reset_after: 2m}}", "restart.reset_after 2m → 1m"),
            ("{breaker: off}", "breaker.failures off → 5"),
            ("{breaker: {window: 1m}}", "breaker.window 1m → 2m"),
            ("{breaker: {cooldown: 1m}}", "breaker.cooldown 1m → 5m"),
            ("{breaker: {proof: 1m}}", "breaker.proof 1m → 10s"),
            ("{health: {liveness: {tcp: 1}}}", "health.liveness changed"),
            ("{health: {startup: {exec: ls}}}", "health.startup changed"),
            ("{health: {readiness: {http: 1}}}", "health.readiness changed"),
            ("{health: {start_timeout: 1m}}", "health.start_timeout 1m → 1m30s"),
        ] as [(String, String)])
    func theRestOfAServiceAppliesToTheRunThereIs(old: String, detail: String) throws {
        let mapping = old.dropFirst().dropLast()
        let change = try change(
            "services: {web: {command: ls, \(mapping)}, db: ls}", "services: {web: ls, db: ls}")
        #expect(change.detail == "services.web.\(detail)")
        #expect(change.items.map(\.need) == [.live])
    }

    @Test func aVariableOfTheProjectStartsEveryServiceAgain() throws {
        let services = "services: {web: ls, db: ls}"
        let change = try change(
            "environment: {A: x}, \(services)", "environment: {A: y, B: z}, \(services)")
        #expect(
            change.detail == "environment.A changed; environment.B added; restarts db and web")
    }

    @Test func aServiceThatComesOrGoesIsOneItem() throws {
        let change = try change(
            "services: {web: ls, a: ls}", "services: {b: {command: ls, environment: {A: x}}, a: ls}"
        )
        #expect(change.detail == "services.b added; services.web removed")
        #expect(change.servicesToRestart == [])
    }

    @Test func whatNothingActsUponNeedsNothing() throws {
        let change = try change("team: [a, b], discord_channel: x", "")
        #expect(change.items.map(\.need) == [.nothing, .nothing])
        #expect(change.detail == "discord_channel x → none; team a and b → none")
    }

    @Test func aLongChangeIsCut() throws {
        let variables = (0..<30).map { "V\($0): x" }.joined(separator: ", ")
        let change = try change("environment: {}", "environment: {\(variables)}")
        #expect(change.detail.hasSuffix("environment.V26 added; and 10 more"))
    }
}
