import Configuration
import Plan
import Testing

/// Every refusal of a value or key, in its exact words.
struct RefusalTests {
    /// What is said against a project p with these keys, without the place of the project.
    private func project(_ keys: String) -> [String] {
        refusal("projects: {p: {path: /srv/p, \(keys)}}").map { line in
            String(line.drop { $0 != " " }.dropFirst())
        }
    }

    @Test(
        arguments: [
            ("limts: {}", "projects.p: unknown key 'limts'; did you mean 'limits'?"),
            ("path2: /a", "projects.p: unknown key 'path2'; did you mean 'path'?"),
            (
                "limits: {memry: 1G}",
                "projects.p.limits: unknown key 'memry'; did you mean 'memory'?"
            ),
            (
                "limits: {zebra: 1G}",
                "projects.p.limits: unknown key 'zebra'; the keys here are class, allow_unlimited, "
                    + "memory, memory_high, memory_low, memory_min, swap, cpu, cpu_weight, "
                    + "cpu_burst, cpus, cpu_min, pids, io_weight, disk, inodes, open_files, tmp, "
                    + "shm, io and hugetlb"
            ),
            (
                "limits: {pids: lots}",
                "projects.p.limits.pids: 'lots': does not begin with a digit; write a whole number "
                    + "from 2 to 4194304"
            ),
            (
                "limits: {pids: [1]}",
                "projects.p.limits.pids: expected a number or max, found a list"
            ),
            ("limits: 1G", "projects.p.limits: expected a mapping, found a single value"),
            (
                "limits: {memory: 1X}",
                "projects.p.limits.memory: '1X': unit 'X' is unknown; write a size such as 512M, "
                    + "1.5G or 1048576"
            ),
            (
                "limits: {memory: 512}",
                "projects.p.limits.memory: '512': is too little, at least 1M; did you mean 512M?"
            ),
            (
                "limits: {memory:  }",
                "projects.p.limits.memory: has no value; give one, for example 1G, or leave the "
                    + "key out"
            ),
            (
                "limits: {memory_high: 1G}",
                "projects.p.limits.memory_high: 1G is above memory, 512M; it slows down before "
                    + "memory ends a process: keep it below"
            ),
            (
                "limits: {memory: max, swap: 1G}",
                "projects.p.limits.swap: limits nothing together with memory: max; write swap: max "
                    + "too, or give a memory limit"
            ),
            (
                "limits: {cpu: 1.5.5}",
                "projects.p.limits.cpu: '1.5.5': unit '.5' is unknown; write a number of processors "
                    + "such as 1.5, or a percentage of one such as 150%"
            ),
            (
                "limits: {cpu_weight: 0}",
                "projects.p.limits.cpu_weight: '0': is less than 1; write a whole number from 1 to "
                    + "10000"
            ),
            (
                "limits: {io: [\"srv:rbps=1M\"]}",
                "projects.p.limits.io: 'srv:rbps=1M': does not begin with an absolute path; write "
                    + "PATH:rbps=SIZE,wbps=SIZE,riops=N,wiops=N"
            ),
            (
                "limits: {io: [\"/a:rbps=1M\", \"/a:wbps=1M\"]}",
                "projects.p.limits.io: names '/a' twice; give all its limits at once"
            ),
            (
                "limits: {memory_min: 1G}",
                "projects.p.limits.memory_min: 1G is above memory, 512M; what is guaranteed is "
                    + "never more than what is allowed"
            ),
            (
                "limits: {cpu_min: 2}",
                "projects.p.limits.cpu_min: 2 is above cpu, 1; what is guaranteed is never more "
                    + "than what is allowed"
            ),
            (
                "limits: {allow_unlimited: maybe}",
                "projects.p.limits.allow_unlimited: 'maybe': is neither true nor false"
            ),
            (
                "priority: urgent",
                "projects.p.priority: 'urgent': is not one of critical, high, normal, low"
            ),
            (
                "status: pausd",
                "projects.p.status: 'pausd': is not one of initializing, active, paused, "
                    + "maintenance, archived; did you mean 'paused'?"
            ),
            (
                "user: root",
                "projects.p.user: 'root': does not begin with a digit; write UID or UID:GID in "
                    + "numbers from 0 to 65534, for example 1000:1000"
            ),
            (
                "capabilities: [sys_admn]",
                "projects.p.capabilities: 'sys_admn': is no capability; did you mean "
                    + "CAP_SYS_ADMIN?"
            ),
            (
                "seccomp: ./x.json",
                "projects.p.seccomp: './x.json': is a relative path; write the whole path, from / "
                    + "on"
            ),
            (
                "network: bridge",
                "projects.p.network: 'bridge': is not one of none, host"
            ),
            (
                "root: images/x",
                "projects.p.root: 'images/x': is a relative path; write the whole path, from / on"
            ),
            (
                "root: /a/../b",
                "projects.p.root: '/a/../b': contains '..'; write the path that it leads to, without "
                    + "'..'"
            ),
            (
                "environment: [A=1]",
                "projects.p.environment: expected a mapping by name, found a list; write NAME: and "
                    + "what belongs to it below"
            ),
            (
                "environment: {\"A B\": 1}",
                "projects.p.environment.A B: has a name with more than printable ASCII"
            ),
            (
                "environment: {A: \"se\\0cret\"}",
                "projects.p.environment.A: contains a NUL byte"
            ),
            (
                "name: \"a\\0b\"", "projects.p.name: 'a\\u{0}b': contains a NUL byte"
            ),
            (
                "environment: {A: [1]}",
                "projects.p.environment.A: expected a text, found a list"
            ),
            (
                "environment: {\"A=B\": 1}",
                "projects.p.environment.A=B: has '=' in its name; write NAME: VALUE"
            ),
            (
                "secrets: {\"../x\": /a}",
                "projects.p.secrets.../x: '../x': begins with neither letter nor digit; use 1 to 48 "
                    + "of letters, digits, '_', '.' and '-', for example web or build-17"
            ),
            (
                "secrets: {a: b}",
                "projects.p.secrets.a: 'b': is a relative path; write the whole path, from / on"
            ),
            (
                "storage: overlap",
                "projects.p.storage: 'overlap': is not one of direct, overlay, volume; did you mean "
                    + "'overlay'?"
            ),
            (
                "log_rate: {lines_per_second: 100, burst: 10}",
                "projects.p.log_rate.burst: 10 is below lines_per_second, 100; a second's lines may "
                    + "come at once: keep it above"
            ),
            (
                "work_hours: {start: 9}",
                "projects.p.work_hours.start: '9': is no time of day; write 09:00"
            ),
            (
                "work_hours: {end: \"24:00\"}",
                "projects.p.work_hours.end: '24:00': is no time of day; write 09:00"
            ),
            (
                "work_hours: {days: [mon]}",
                "projects.p.work_hours.days: 'mon': is not one of monday, tuesday, wednesday, "
                    + "thursday, friday, saturday, sunday; did you mean 'monday'?"
            ),
            (
                "resource_limits: {max_memory_mb: 1G}",
                "projects.p.resource_limits.max_memory_mb: '1G': is not a number; write it without "
                    + "a unit, for example 8"
            ),
            (
                "resource_limits: {cpu_priority: urgent}",
                "projects.p.resource_limits.cpu_priority: 'urgent': does not begin with a digit; "
                    + "write a share such as 1.0 or 2.5, or low, normal, high or critical"
            ),
            (
                "name: {a: b}", "projects.p.name: expected a text, found a mapping"
            ),
            (
                "mounts: /a", "projects.p.mounts: expected a list of mounts, found a single value"
            ),
            (
                "mounts: [{at: /a}]",
                "projects.p.mounts.0: has neither path nor tmpfs; write {path: /srv/assets} or "
                    + "{tmpfs: /scratch, size: 64M}"
            ),
            (
                "mounts: [{path: /a, tmpfs: /b}]",
                "projects.p.mounts.0: tmpfs and path exclude each other; keep one of them"
            ),
            (
                "mounts: [{tmpfs: /a, access: rw}]",
                "projects.p.mounts.0: a tmpfs has neither 'at' nor 'access'; write {tmpfs: /scratch, "
                    + "size: 64M}"
            ),
            ("mounts: [{path: /a, size: 1M}]", "projects.p.mounts.0: only a tmpfs has a size"),
            (
                "mounts: [/a, {tmpfs: /a}]",
                "projects.p.mounts.1: is the second thing at '/a'; give it another place with 'at'"
            ),
            (
                "mounts: [/]",
                "projects.p.mounts.0: would cover the sandbox's root; use root: for another root "
                    + "file system"
            ),
            (
                "mounts: [{path: /a, at: /proc/x}]",
                "projects.p.mounts.0: '/proc/x' lies in /proc, which belongs to the sandbox itself; "
                    + "give it another place with 'at'"
            ),
            (
                "mounts: [{path: /a, at: /srv/p}]",
                "projects.p.mounts.0: covers the project's own directory; give it another place "
                    + "with 'at'"
            ),
            (
                "mounts: [{path: /a, access: write}]",
                "projects.p.mounts.0.access: 'write': is not one of read-only, read-write, ro, rw"
            ),
            (
                "dependencies: {a: b}",
                "projects.p.dependencies: expected a list of project, found a mapping"
            ),
        ] as [(String, String)])
    func aProjectIsRefused(keys: String, line: String) {
        #expect(project(keys) == [line])
    }

    @Test(
        arguments: [
            (
                "{max_total_agents: 0}",
                "max_total_agents: '0': is less than 1; write a whole number from 1 to 100000"
            ),
            (
                "{max_concurrent_projects: many}",
                "max_concurrent_projects: 'many': does not begin with a digit; write a whole number "
                    + "from 1 to 100000"
            ),
            (
                "{resource_allocation_strategy: fare_share}",
                "resource_allocation_strategy: 'fare_share': is not one of static, fair_share, "
                    + "priority_based, dynamic, /a/program; did you mean 'fair_share'?"
            ),
            (
                "{global_memory_limit_gb: 8G}",
                "global_memory_limit_gb: '8G': is not a number; write it without a unit, for example "
                    + "8"
            ),
            (
                "{security: {require_2fa: maybe}}",
                "security.require_2fa: 'maybe': is neither true nor false"
            ),
            (
                "{defaults: {services: {s: {comand: ls}}}}",
                "defaults.services.s: unknown key 'comand'; did you mean 'command'?"
            ),
        ] as [(String, String)])
    func whatIsSaidOfAllIsRefused(global: String, line: String) {
        let lines = refusal("global: \(global)").map { line in
            String(line.drop { $0 != " " }.dropFirst())
        }
        #expect(lines == ["global.\(line)"])
    }

    @Test func everyProblemIsToldWithItsPlace() {
        let text = """
            globl: {}
            templates:
              web:
                path: /nowhere
                limits:
                  memory: much
            projects:
              a:
                template: [web, wep]
                limits:
                  pids: few
              b c:
                path: relative
            """
        #expect(
            refusal(text) == [
                "b.yaml:1:1: unknown key 'globl'; did you mean 'global'?",
                "b.yaml:4:5: templates.web: unknown key 'path'; the keys here are priority, status, "
                    + "dependencies, limits, user, group, capabilities, seccomp, network, mounts, "
                    + "root, environment, secrets, log_rate, storage, volume_kind, services, tasks, "
                    + "restart, breaker, health, resource_limits, ai_settings, work_hours, discord_channel, "
                    + "slack_channel and team",
                "b.yaml:6:15: templates.web.limits.memory: 'much': does not begin with a digit; "
                    + "write a size such as 512M, 1.5G or 1048576",
                "b.yaml:11:13: projects.a.limits.pids: 'few': does not begin with a digit; write a "
                    + "whole number from 2 to 4194304",
                "b.yaml:13:11: projects.b c.path: 'relative': is a relative path; write the whole "
                    + "path, from / on",
                "b.yaml:9:21: projects.a.template: there is no template 'wep'; did you mean 'web'?",
                "b.yaml:12:3: projects: 'b c': has a character that names have not; use 1 to 48 of "
                    + "letters, digits, '_', '.' and '-', for example shop or api-gw",
            ])
    }

    @Test func problemsWithoutEndAreCut() throws {
        let keys = (0..<200).map { "k\($0): 1" }.joined(separator: ", ")
        let error = #expect(throws: ConfigurationError.self) {
            _ = try load("projects: {p: {path: /p, \(keys)}}")
        }
        #expect(error?.problems.count == 50)
        #expect(error?.omitted == 150)
        #expect(error?.lines.last == "and 150 more")
        #expect(error?.message.hasSuffix(" (and 199 more)") == true)
        #expect(
            error?.hint
                == "nothing was changed; bulkheadd --check lists every problem, bulkhead.yaml(5) "
                + "every key")
    }
}
