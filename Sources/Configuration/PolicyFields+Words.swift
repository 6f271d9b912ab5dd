internal import Plan

/// Values as words that are the same exactly where the values are.
extension PolicyFields {
    static func text(_ identity: Identity?) -> String {
        identity.map { "\($0.user):\($0.group)" } ?? "the project's"
    }

    static func signal(_ number: UInt8) -> String {
        let index = Int(number) - 1
        return signalNames.indices.contains(index) ? "SIG\(signalNames[index])" : "\(number)"
    }

    static func words(_ grant: Grant) -> [String] {
        switch grant {
        case .readOnly(let path, let at): ["ro", path, at]
        case .writable(let path, let at): ["rw", path, at]
        case .tmpfs(let at, let size): ["tmpfs", at, size.map { "\($0.count)" } ?? ""]
        }
    }

    static func words(_ limit: IOLimit) -> [String] {
        [
            limit.path, "\(limit.readBytesPerSecond?.count ?? 0)",
            "\(limit.writeBytesPerSecond?.count ?? 0)", "\(limit.readOperationsPerSecond ?? 0)",
            "\(limit.writeOperationsPerSecond ?? 0)",
        ]
    }

    static func words(_ limits: Limits) -> [String] {
        limits.names.flatMap { [$0.text, limits[$0]?.text ?? ""] }
    }

    static func words(_ check: HealthCheck) -> [String] {
        let probe: [String] =
            switch check.probe {
            case .exec(let command): ["exec"] + command
            case .http(let port, let path): ["http", "\(port)", path]
            case .tcp(let port): ["tcp", "\(port)"]
            case .file(let path, let age): ["file", path, "\(age.count)"]
            }
        return [
            "\(check.interval.count)", "\(check.timeout.count)", "\(check.successThreshold)",
            "\(check.failureThreshold)", "\(check.startPeriod.count)",
        ] + probe
    }
}
