import Plan
import Testbed
import Testing

@testable import Configuration

extension Seeded {
    private static let keys =
        Configuration.reference.flatMap(\.keys).map(\.name) + ["a", "b", "web", "zebra", "p"]
    private static let examples = Configuration.reference.flatMap(\.keys).map(\.example)

    /// A value in YAML's flow style.
    fileprivate mutating func value(depth: Int) -> String {
        switch Int.random(in: 0..<(depth > 6 ? 2 : 5), using: &self) {
        case 0:
            return ["~", "1", "-1", "1G", "10s", "a", "/srv/x", "max", "''", "\"\\0\"", "no"]
                .randomElement(using: &self) ?? "~"
        case 1: return Self.examples.randomElement(using: &self) ?? "~"
        case 2:
            var text = "["
            for _ in 0..<Int.random(in: 0...3, using: &self) {
                text += value(depth: depth + 1) + ", "
            }
            return text + "]"
        default: return mapping(depth: depth)
        }
    }

    fileprivate mutating func mapping(depth: Int) -> String {
        var keys: Set<String> = []
        for _ in 0..<Int.random(in: 0...5, using: &self) {
            keys.insert(Self.keys.randomElement(using: &self) ?? "a")
        }
        // In the order of their names, so that a seed has one meaning.
        let entries = keys.sorted().map { "\($0): \(value(depth: depth + 1))" }
        return "{" + entries.joined(separator: ", ") + "}"
    }
}

/// Random trees, from the keys that there are and from what none of them takes.
struct PropertyTests {
    @Test(arguments: 0..<16 as Range<UInt64>)
    func anyTreeIsTakenOrRefusedInLines(seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<20 {
            let text = """
                global: \(random.mapping(depth: 3))
                templates: {a: \(random.mapping(depth: 3))}
                projects: {p: \(random.mapping(depth: 2)), web: \(random.mapping(depth: 2))}
                """
            for line in refusal(text) {
                #expect(!line.isEmpty && line.unicodeScalars.allSatisfy { $0.value >= 0x20 })
            }
        }
    }

    /// Every example of the documentation is taken at its place, and does what it says or is listed.
    @Test func everyExampleIsTaken() throws {
        var problems: [String] = []
        for section in Configuration.reference {
            guard let frame = Self.frames[section.title] else {
                problems.append("no frame for \(section.title)")
                continue
            }
            for key in section.keys where !key.example.contains("…") {
                // One that only another key makes possible.
                let companion = Self.companions["\(section.title) \(key.name)"] ?? ""
                let own = "\(key.name): \(key.example)\(companion)"
                let lines = refusal(frame.0 + own + frame.1)
                problems += lines.map { "\(section.title) \(key.name): \($0)" }
            }
        }
        #expect(problems == [])
    }

    private static let others =
        ", database: {path: /srv/database}}\ntemplates: {web: {}, large: {}}"
    private static let service = "projects: {p: {path: /srv/p, services: {db: ls, s: {"
    private static let health = service + "command: ls, health: {"
    private static let frames: [String: (String, String)] = [
        "file": ("", ""),
        "global": ("global: {", "}"),
        "global.security": ("global: {security: {", "}}"),
        "global.audit": ("global: {audit: {", "}}"),
        "anchor": ("global: {audit: {anchors: [{", "}]}}"),
        "project": ("projects: {p: {", "}" + others),
        "limits": ("classes: {medium: {}}\nprojects: {p: {path: /p, limits: {", "}}}"),
        "limits of a quota class": ("classes: {c: {", "}}"),
        "service": (service, "}}}}"),
        "task": ("projects: {p: {path: /p, tasks: {s: {", "}}}}"),
        "limits of a service or task": (
            "classes: {medium: {}}\n"
                + "projects: {p: {path: /p, limits: {memory: 8G, swap: 8G, cpu: 8, pids: max}, "
                + "tasks: {s: {command: ls, limits: {", "}}}}}"
        ),
        "health": (health, "}}}}}"),
        "health check": (health + "liveness: {", "}}}}}}"),
        "health check over HTTP": (health + "liveness: {http: {", "}}}}}}}"),
        "heartbeat file": (health + "liveness: {file: {", "}}}}}}}"),
        "restart": (service + "command: ls, restart: {", "}}}}}"),
        "breaker": (service + "command: ls, breaker: {", "}}}}}"),
        "mount": ("projects: {p: {path: /p, mounts: [{", "}]}}"),
        "log_rate": ("projects: {p: {path: /p, log_rate: {", "}}}"),
        "resource_limits": ("projects: {p: {path: /p, resource_limits: {", "}}}"),
        "ai_settings": ("projects: {p: {path: /p, ai_settings: {", "}}}"),
        "work_hours": ("projects: {p: {path: /p, work_hours: {", "}}}"),
    ]
    private static let companions: [String: String] = {
        var companions: [String: String] = [
            "limits memory_high": ", memory: 1G",
            "limits of a service or task cpu_burst": ", cpu: 1",
            "health check over HTTP path": ", port: 1", "heartbeat file max_age": ", path: /a",
            "mount at": ", path: /a", "mount access": ", path: /a", "mount size": ", tmpfs: /a",
        ]
        for key in [
            "interval", "timeout", "success_threshold", "failure_threshold", "start_period",
        ] {
            companions["health check \(key)"] = ", tcp: 1"
        }
        for section in Configuration.reference where ["service", "task"].contains(section.title) {
            for key in section.keys where key.name != "command" {
                companions["\(section.title) \(key.name)"] = ", command: ls"
            }
        }
        for section in Configuration.reference where section.title == "project" {
            for key in section.keys where key.name != "path" {
                companions["project \(key.name)"] = ", path: /srv/p"
            }
        }
        return companions
    }()
}
