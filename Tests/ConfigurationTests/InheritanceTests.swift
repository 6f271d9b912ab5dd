import Configuration
import Plan
import Testing

/// Built-in values, `global.defaults`, templates, the project: what is nearer wins.
struct InheritanceTests {
    @Test func withoutAnyWordTheBuiltInValuesHold() throws {
        let policy = try #require(
            project("p", of: try load("projects: {p: {path: /srv/p, services: {s: ls}}}")))
        #expect(policy.services.map(\.command) == [["/bin/sh", "-c", "ls"]])
        var expected = ProjectPolicy(name: try ProjectName("p"), path: "/srv/p")
        expected.services = [
            ServicePolicy(name: try WorkloadName("s"), command: ["/bin/sh", "-c", "ls"])
        ]
        #expect(policy == expected)
    }

    @Test func whatIsNearerWinsAndMappingsAreMergedKeyByKey() throws {
        let text = """
            global:
              defaults:
                limits: {memory: 100M, cpu: 0.1, pids: 10, cpu_weight: 10}
                environment: {A: far, B: far, C: far}
                capabilities: [CAP_KILL]
                network: host
            templates:
              one:
                limits: {cpu: 0.2, pids: 20, cpu_weight: 20}
                environment: {B: one, C: one}
                capabilities: [CAP_CHOWN, CAP_FOWNER]
              two:
                limits: {pids: 30, cpu_weight: 30}
            projects:
              p:
                path: /srv/p
                template: [one, two]
                limits: {cpu_weight: 40, memory: ~}
                environment: {C: near}
              q: {path: /srv/q, template: two, capabilities: []}
              r: {path: /srv/r}
            """
        // Nothing is no value, also where something would be inherited.
        #expect(refusal(text).count == 1)
        let configuration = try load(String(text.split(separator: ", memory: ~").joined()))
        let p = try #require(project("p", of: configuration))
        #expect(p.limits.memoryMax == .mebibytes(100))
        #expect(p.limits.cpuMax == CPUBandwidth(millicores: 200))
        #expect(p.limits.pidsMax == 30)
        #expect(p.limits.cpuWeight == 40)
        #expect(p.limits.swapMax == Bytes(0))
        #expect(p.environment.map(\.assignment) == ["A=far", "B=one", "C=near"])
        #expect(p.capabilities == ["CAP_CHOWN", "CAP_FOWNER"])
        #expect(p.network == .host)
        let q = try #require(project("q", of: configuration))
        #expect(q.limits.cpuMax == CPUBandwidth(millicores: 100))
        #expect(q.limits.pidsMax == 30)
        #expect(q.capabilities == [])
        let r = try #require(project("r", of: configuration))
        #expect(r.limits.pidsMax == 10)
        #expect(r.capabilities == ["CAP_KILL"])
    }

    @Test func existingWordsForLimitsAreAsNearAsTheOthers() throws {
        let text = """
            global: {defaults: {limits: {memory: 100M}}}
            templates: {t: {resource_limits: {max_memory_mb: 200, cpu_priority: high}}}
            projects:
              a: {path: /a, resource_limits: {max_memory_mb: 300}}
              b: {path: /b, template: t}
              c: {path: /c, template: t, limits: {memory: 400M, cpu_weight: 7}}
              d:
                path: /d
                limits: {memory: 1G, cpu_weight: 9}
                resource_limits: {max_memory_mb: 1, cpu_priority: low}
            """
        let configuration = try load(text)
        #expect(
            configuration.projects.map(\.limits.memoryMax) == [
                .mebibytes(300), .mebibytes(200), .mebibytes(400), .gibibytes(1),
            ])
        #expect(configuration.projects.map(\.limits.cpuWeight) == [nil, 200, 7, 9])
    }

    @Test(arguments: [
        ("0.001", 1), ("0.01", 1), ("0.5", 50), ("1", 100), ("1.0", 100), ("2.5", 250),
        ("low", 50), ("normal", 100), ("high", 200), ("Critical", 400), ("100", 10_000),
        ("5000", 10_000),
    ])
    func aShareBecomesAWeight(share: String, weight: UInt32) throws {
        let text = "projects: {p: {path: /p, resource_limits: {cpu_priority: \(share)}}}"
        if share == "0.001" {
            #expect(refusal(text).count == 1)
            return
        }
        #expect(try load(text).projects.first?.limits.cpuWeight == weight)
    }

    @Test func servicesAreMergedByName() throws {
        let text = """
            templates:
              web:
                services:
                  web:
                    command: [serve, "80"]
                    environment: {A: far}
                    health:
                      liveness: {http: {port: 80, path: /live}, interval: 5s}
                      readiness: {http: 80}
                  helper: helper --now
            projects:
              p:
                path: /srv/p
                template: web
                services:
                  web:
                    environment: {B: near}
                    health:
                      liveness: {failure_threshold: 9}
                      readiness: {tcp: 81}
                  own: {command: own}
            """
        let p = try #require(project("p", of: try load(text)))
        #expect(p.services.map(\.name.text) == ["web", "helper", "own"])
        let web = p.services[0]
        #expect(web.command == ["serve", "80"])
        #expect(web.environment.map(\.assignment) == ["A=far", "B=near"])
        #expect(web.health.liveness?.probe == .http(port: 80, path: "/live"))
        #expect(web.health.liveness?.interval == Milliseconds(5_000))
        #expect(web.health.liveness?.failureThreshold == 9)
        // Another kind of probe takes the place of the inherited one.
        #expect(web.health.readiness?.probe == .tcp(port: 81))
        #expect(p.services[1].command == ["/bin/sh", "-c", "helper --now"])
    }

    @Test func servicesInheritFromTheirProject() throws {
        let text = """
            global: {defaults: {breaker: off, restart: {delay: 1s}}}
            templates:
              t:
                restart: always
                health: {notify: true, liveness: {tcp: 1}}
                services: {a: {command: a, restart: {jitter: 5}}}
            projects:
              p:
                path: /srv/p
                template: t
                restart: {delay_max: 2m}
                services:
                  b:
                    command: b
                    restart: no
                    breaker: {failures: 2}
                    health: {notify: false, liveness: {exec: [check]}}
            """
        let p = try #require(project("p", of: try load(text)))
        let (a, b) = (p.services[0], p.services[1])
        #expect(a.restart.condition == .always)
        #expect(a.restart.delay == Milliseconds(1_000))
        #expect(a.restart.delayMax == Milliseconds(120_000))
        #expect(a.restart.jitterPercent == 5)
        #expect(a.breaker.failures == 0)
        #expect(a.health.notifiesReady)
        #expect(a.health.liveness?.probe == .tcp(port: 1))
        #expect(b.restart.condition == .never)
        #expect(b.restart.delay == Milliseconds(1_000))
        #expect(b.breaker.failures == 2)
        #expect(!b.health.notifiesReady)
        #expect(b.health.liveness?.probe == .exec(command: ["check"]))
    }

    @Test func theEnvironmentGoesBeforeTheFiles() throws {
        let configuration = try load(
            "global: {max_concurrent_projects: 5, security: {require_2fa: false}}",
            environment: [
                ("BULKHEAD_MAX_CONCURRENT_PROJECTS", "7"), ("BULKHEAD_SECURITY_REQUIRE_2FA", "yes"),
                ("BULKHEAD_FAULT", "x"), ("HOME", "/root"),
            ])
        #expect(configuration.global.maxConcurrentProjects == 7)
        #expect(configuration.global.security.require2FA == true)
        #expect(
            configuration.unused.map(\.description).suffix(1) == [
                "BULKHEAD_SECURITY_REQUIRE_2FA: global.security.require_2fa: accepted, not used"
            ])
    }

    @Test func aVariableIsRefusedLikeAKey() {
        #expect(
            refusal("", environment: [("BULKHEAD_MAX_CONCURENT_PROJECTS", "7")]) == [
                "BULKHEAD_MAX_CONCURENT_PROJECTS: unknown variable; did you mean "
                    + "'BULKHEAD_MAX_CONCURRENT_PROJECTS'?"
            ])
        #expect(
            refusal("", environment: [("BULKHEAD_ZEBRA", "7")]) == [
                "BULKHEAD_ZEBRA: unknown variable; unset it; bulkhead.yaml(5) lists those that there "
                    + "are"
            ])
        #expect(
            refusal("", environment: [("BULKHEAD_MAX_TOTAL_AGENTS", "")]) == [
                "BULKHEAD_MAX_TOTAL_AGENTS: global.max_total_agents: '': is empty; write a whole "
                    + "number from 1 to 100000"
            ])
    }
}
