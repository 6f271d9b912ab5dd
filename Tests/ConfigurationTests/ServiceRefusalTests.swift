import Configuration
import Plan
import Testing

/// Every refusal of what a service says, in its exact words.
struct ServiceRefusalTests {
    /// What is said against a project p with these keys, without the place of the project.
    private func project(_ keys: String) -> [String] {
        refusal("projects: {p: {path: /srv/p, \(keys)}}").map { line in
            String(line.drop { $0 != " " }.dropFirst())
        }
    }

    @Test(
        arguments: [
            ("{}", "has no command; say what is to be run: command: [PROGRAM, ARGUMENT, …]"),
            ("{command: []}", ".command: names no program"),
            ("{command: [\"\", a]}", ".command: names no program"),
            ("{command: \" \"}", ".command: is no command"),
            ("{command: \"a\\0\"}", ".command: is no command"),
            ("{command: [\"a\\0\"]}", ".command: 'a\\u{0}': contains a NUL byte"),
            (
                "{command: {a: b}}",
                ".command: expected a command, found a mapping; write a text for /bin/sh -c, or a "
                    + "list: a program and its arguments"
            ),
            (
                "{command: ls, comand: ls}",
                ": unknown key 'comand'; did you mean 'command'?"
            ),
            (
                "{command: ls, grace: 10}",
                ".grace: '10': has no unit; write 10s for seconds"
            ),
            ("{command: ls, grace: 2h}", ".grace: '2h': is more than 1h"),
            (
                "{command: ls, stop_signal: SIGTREM}",
                ".stop_signal: 'SIGTREM': is no signal; did you mean 'SIGTERM'?"
            ),
            (
                "{command: ls, stop_signal: 65}",
                ".stop_signal: '65': is more than 64; write a whole number from 1 to 64"
            ),
            (
                "{command: ls, restart: allways}",
                ".restart.condition: 'allways': is not one of no, on-failure, always, "
                    + "on-unhealthy; did you mean 'always'?"
            ),
            (
                "{command: ls, restart: {delay: 2m}}",
                ".restart.delay: 2m is above delay_max, 1m; keep it below"
            ),
            (
                "{command: ls, restart: {jitter: 101%}}",
                ".restart.jitter: '101%': is more than 100; write a percentage such as 20%"
            ),
            (
                "{command: ls, breaker: {failures: -1}}",
                ".breaker.failures: '-1': is negative; write a whole number from 0 to 1000"
            ),
            (
                "{command: ls, limits: {memory: 1G}}",
                ".limits.memory: 1G is above the project's 512M; lower it, or raise the project's "
                    + "limits"
            ),
            (
                "{command: ls, limits: {memory: 2M, memory_high: 3M}}",
                ".limits.memory_high: 3M is above memory, 2M; it slows down before memory ends a "
                    + "process: keep it below"
            ),
            (
                "{command: ls, limits: {pids: 257}}",
                ".limits.pids: 257 is above the project's 256; lower it, or raise the project's "
                    + "limits"
            ),
            (
                "{command: ls, limits: {cpu: 1.1}}",
                ".limits.cpu: 1.1 is above the project's 1; lower it, or raise the project's limits"
            ),
            (
                "{command: ls, limits: {disk: 1G}}",
                ".limits: unknown key 'disk'; the keys here are class, memory, memory_high, "
                    + "memory_low, memory_min, swap, cpu, cpu_weight, cpu_burst, cpus, pids, "
                    + "io_weight, open_files, io and hugetlb"
            ),
            (
                "{command: ls, working_directory: tmp}",
                ".working_directory: 'tmp': is not an absolute path; write an absolute path, for "
                    + "example /data"
            ),
            (
                "{command: ls, health: {liveness: {}}}",
                ".health.liveness: has no exec, http, tcp or file; say what is to be asked"
            ),
            (
                "{command: ls, health: {liveness: {http: 80, tcp: 80}}}",
                ".health.liveness: tcp and http exclude each other; keep one of them"
            ),
            (
                "{command: ls, health: {liveness: {http: {path: /}}}}",
                ".health.liveness: has no http.port; say what is to be asked"
            ),
            (
                "{command: ls, health: {liveness: {http: {port: 80, path: x}}}}",
                ".health.liveness.http.path: 'x': is no path of a URL; write /healthz, without "
                    + "blanks"
            ),
            (
                "{command: ls, health: {liveness: {tcp: 65536}}}",
                ".health.liveness.tcp: '65536': is more than 65535; write a whole number from 1 to "
                    + "65535"
            ),
            (
                "{command: ls, health: {liveness: {file: {max_age: 1s}}}}",
                ".health.liveness: has no file.path; say what is to be asked"
            ),
            (
                "{command: ls, health: {liveness: {tcp: 1, interval: 1ms}}}",
                ".health.liveness.interval: '1ms': is less than 100ms"
            ),
            (
                "{command: ls, after: [s]}",
                ".after: services wait for each other: s → s; take one of them out"
            ),
            ("{command: ls, after: [zebra]}", ".after: there is no service 'zebra'"),
        ] as [(String, String)])
    func aServiceIsRefused(service: String, line: String) {
        let path = "projects.p.services.s"
        let separator = line.utf8.first.map { [0x2E, 0x3A].contains($0) } == true ? "" : ": "
        #expect(project("services: {s: \(service)}") == [path + separator + line])
    }
}
