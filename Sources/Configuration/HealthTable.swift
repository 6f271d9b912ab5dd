internal import Plan

/// What is read of one check; which probe it is, is known when everything is merged.
struct CheckDraft {
    struct HTTP {
        var port: UInt16?
        var path = "/"
    }
    struct File {
        var path: String?
        var ageMax = Milliseconds(60_000)
    }

    var exec: [String]?
    var http: HTTP?
    var tcpPort: UInt16?
    var file: File?
    /// The probe is replaced by the one that was given.
    var check = HealthCheck(.tcp(port: 0))

    /// The check, where its probe is whole.
    func finished(_ node: Node, _ reading: inout Reading) -> HealthCheck? {
        var result = check
        if let exec {
            result.probe = .exec(command: exec)
        } else if let http, let port = http.port {
            result.probe = .http(port: port, path: http.path)
        } else if let tcpPort {
            result.probe = .tcp(port: tcpPort)
        } else if let file, let path = file.path {
            result.probe = .file(path: path, ageMax: file.ageMax)
        } else {
            // What a piece lacks, another may bring.
            if reading.pass == .whole { refuseAbsence(node, &reading) }
            return nil
        }
        return result
    }

    /// Says what is not there; what is there and wrong has been refused.
    private func refuseAbsence(_ node: Node, _ reading: inout Reading) {
        let missing: String
        switch HealthTable.check.alternatives.first(where: { node[$0] != nil }) {
        case nil: missing = "exec, http, tcp or file"
        case "http":
            guard let http = node["http"], http.lacks("port") else { return }
            missing = "http.port"
        case "file":
            guard let file = node["file"], file.lacks("path") else { return }
            missing = "file.path"
        default: return
        }
        reading.refuse(node.position, "has no \(missing)", hint: "say what is to be asked")
    }
}

extension Node {
    /// Whether this is a mapping without that key.
    fileprivate func lacks(_ key: String) -> Bool {
        guard case .mapping = content else { return false }
        return self[key] == nil
    }
}

enum HealthTable {
    static let http = Table<CheckDraft.HTTP>(
        "health check over HTTP", shorthand: "port",
        [
            .scalar(
                "port", .port,
                About("The port that is asked, on 127.0.0.1.", example: "8080"), to: \.port),
            .scalar(
                "path", .urlPath,
                About("What is asked for.", standard: "/", example: "/healthz"), to: \.path),
        ])

    static let file = Table<CheckDraft.File>(
        "heartbeat file", shorthand: "path",
        [
            .scalar(
                "path", .sandboxPath,
                About("A file inside the sandbox.", example: "/run/beat"), to: \.path),
            .scalar(
                "max_age", .time(Milliseconds(100)...Milliseconds.most),
                About(
                    "It passes while the file was modified no longer ago than this.",
                    standard: "1m", example: "30s"), to: \.ageMax),
        ])

    static let check = Table<CheckDraft>(
        "health check", alternatives: ["exec", "http", "tcp", "file"],
        [
            .command(
                "exec",
                About(
                    "A command inside the sandbox, counted against it; status 0 passes.",
                    example: "[test, -f, /tmp/up]"), to: \.exec),
            .part(
                "http", http,
                About(
                    "A request inside the project's network namespace; 200 to 399 passes.",
                    example: "{port: 8080, path: /healthz}"), CheckDraft.HTTP(), to: \.http),
            .scalar(
                "tcp", .port,
                About(
                    "A connection inside the project's network namespace; one that is accepted "
                        + "passes.", example: "5432"), to: \.tcpPort),
            .part(
                "file", file,
                About("A file that is touched again and again.", example: "/run/beat"),
                CheckDraft.File(), to: \.file),
            .scalar(
                "interval", .time(Milliseconds(100)...day),
                About("From one question to the next.", standard: "10s", example: "5s"),
                to: \.check.interval),
            .scalar(
                "timeout", .time(Milliseconds(10)...hour),
                About(
                    "When it is cut off, its whole tree killed, and has failed.", standard: "5s",
                    example: "2s"), to: \.check.timeout),
            .scalar(
                "success_threshold", .whole(1...1_000),
                About("Passes in a row that change its mind.", standard: "1", example: "2"),
                to: \.check.successThreshold),
            .scalar(
                "failure_threshold", .whole(1...1_000),
                About("Failures in a row that change its mind.", standard: "3", example: "5"),
                to: \.check.failureThreshold),
            .scalar(
                "start_period", .time(Milliseconds(0)...day),
                About(
                    "Failures this soon after the start do not count.", standard: "0s",
                    example: "30s"), to: \.check.startPeriod),
        ])

    static let health = Table<HealthPolicy>(
        "health",
        [
            .check(
                "startup",
                About(
                    "Until it has passed, the other two are not asked; when it fails, the service "
                        + "is restarted.", example: "{tcp: 5432, failure_threshold: 30}"),
                to: \.startup),
            .check(
                "readiness",
                About(
                    "Whether dependants may start. It never ends the service.",
                    example: "{http: {port: 8080, path: /ready}}"), to: \.readiness),
            .check(
                "liveness",
                About("When it fails, the service is ended.", example: "{http: 8080}"),
                to: \.liveness),
            .scalar(
                "notify", .flag,
                About(
                    "Ready only when it has said `READY=1`: sd_notify(3).", standard: "false",
                    example: "true"), to: \.notifiesReady),
            .scalar(
                "watchdog", .time(Milliseconds(100)...day),
                About(
                    "Unhealthy when it says `WATCHDOG=1` less often than this.", example: "30s"),
                to: \.watchdog),
            .scalar(
                "start_timeout", .time(Milliseconds(100)...day),
                About(
                    "How long it may take to say `READY=1`.", standard: "1m30s", example: "5m"),
                to: \.startTimeout),
        ])

    private static let hour = Milliseconds(3_600_000)
    private static let day = Milliseconds(86_400_000)
}

extension Value where Result == UInt16 {
    fileprivate static var port: Value {
        Value("port") { (text) throws(InvalidValue) in
            UInt16(try wholeNumber(parsing: text, in: 1...65_535, for: ""))
        }
    }
}

extension Value where Result == String {
    /// What may stand in the first line of a request: RFC 9112 section 3.
    fileprivate static var urlPath: Value {
        Value("path of a URL") { (text) throws(InvalidValue) in
            let isVisible = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            if text.utf8.first == UInt8(ascii: "/"), isVisible, text.utf8.count <= 1_024 {
                return text
            }
            throw InvalidValue(
                "", text, "is no path of a URL", hint: "write /healthz, without blanks")
        }
    }
}

extension Key where Target == HealthPolicy {
    fileprivate static func check(
        _ name: String, _ about: About,
        to place: Place<HealthPolicy, HealthCheck?>
    ) -> Key {
        Key(
            description: about.description(name, "mapping", section: HealthTable.check.title),
            takesNothing: true,
            read: { node, target, reading in
                var draft = CheckDraft()
                HealthTable.check.read(node, into: &draft, &reading)
                target[keyPath: place] = draft.finished(node, &reading)
            }, inherit: { HealthTable.check.inherit($0, $1) })
    }
}

extension Key {
    /// A mapping that is there only where it is given.
    static func part<Part: Sendable>(
        _ name: String, _ table: Table<Part>, _ about: About, _ empty: Part,
        to place: Place<Target, Part?>
    ) -> Key {
        made(name, table, about, of: empty, to: place) { part, _, _ in part }
    }
}
