internal import Cgroups
internal import Control
internal import Namespaces
internal import Plan
internal import Seccomp
internal import Syscalls

/// What `--json` prints at the end of a run: one object on one line.
struct RunRecord {
    let json: String

    init(_ sandbox: borrowing Sandbox, _ ended: Ended, _ verdict: Verdict) {
        let plan = sandbox.plan
        let usage = ended.measured?.usage
        let end = ended.measured?.at ?? sandbox.began
        var object = JSONObject()
        object["name"] = .text(plan.name.text)
        object["command"] = .list(plan.workload.command.map { .text($0) })
        object["exit_status"] = .number(Int64(verdict.exitStatus))
        object["signal"] = ended.ending.flatMap {
            $0.signalled ? .text(Signal(rawValue: CInt($0.status)).name) : nil
        }
        object["causes"] = .list(verdict.causes.map { .text($0) })
        object["wall_us"] = .number(end - sandbox.began)
        object["launch_us"] = ended.executing.map { .number($0 - sandbox.began) }
        object["cpu_us"] = .count(
            usage?.cpuTime ?? ended.ending?.processorTime)
        object["cpu_user_us"] = .count(usage?.cpuTimeUser ?? ended.ending?.userTime)
        object["cpu_system_us"] = .count(usage?.cpuTimeSystem ?? ended.ending?.systemTime)
        object["cpu_throttled_us"] = .count(usage?.throttledTime)
        object["memory_peak_bytes"] = .count(usage?.memoryPeak?.count)
        object["memory_kills"] = .count(usage?.memory?.oomKill)
        object["processes_peak"] = .count(usage?.pidsPeak)
        object["forks_refused"] = .count(usage?.forksRefused)
        object["io_read_bytes"] = .count(usage?.io?.readBytes.count)
        object["io_written_bytes"] = .count(usage?.io?.writtenBytes.count)
        var limits = JSONObject()
        for limit in ended.measured?.limits ?? [] { limits[limit.file] = .text(limit.value) }
        object["limits"] = .object(limits)
        object["unenforced"] = .list(
            sandbox.cgroup.unenforced.map { limit in
                var entry = JSONObject()
                entry["limit"] = .text(limit.file)
                entry["value"] = .text(limit.value)
                entry["reason"] = .text(limit.reason)
                return .object(entry)
            })
        object["cgroup_driver"] = .text(sandbox.cgroup.driver.rawValue)
        object["cgroup"] = sandbox.cgroup.path.isEmpty ? nil : .text(sandbox.cgroup.path)
        object["host_id_base"] = .number(Int64(sandbox.lease.range.base))
        object["user"] = .number(Int64(plan.workload.identity.user))
        object["group"] = .number(Int64(plan.workload.identity.group))
        object["init_pid"] = .number(Int64(sandbox.child.pid))
        object["network"] = .text(plan.sandbox.network.rawValue)
        object["capabilities"] = .list(plan.workload.capabilities.map { .text($0) })
        object["seccomp_profile"] = .text(sandbox.filter.profile)
        object["seccomp_digest"] = .text(sandbox.filter.digest)
        json = object.text
    }
}

extension InitMessage.Ending {
    /// What init says of both may be any number, and so may not stop us.
    var processorTime: UInt64 {
        let (sum, overflow) = userTime.addingReportingOverflow(systemTime)
        return overflow ? .max : sum
    }
}

/// A JSON value that we print (RFC 8259).
enum JSONValue {
    case number(Int64)
    case text(String)
    case list([JSONValue])
    case object(JSONObject)

    static func count(_ value: UInt64?) -> JSONValue? {
        value.map { .number(Int64(clamping: $0)) }
    }

    var text: String {
        switch self {
        case .number(let number): String(number)
        case .text(let text): jsonString(text)
        case .list(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .object(let object): object.text
        }
    }
}

/// Members in the order in which they were set; what is nil is `null`.
struct JSONObject {
    private var members: [(String, JSONValue?)] = []

    subscript(name: String) -> JSONValue? {
        get { members.first { $0.0 == name }?.1 }
        set { members.append((name, newValue)) }
    }

    var text: String {
        let parts = members.map { "\(jsonString($0.0)):\($0.1?.text ?? "null")" }
        return "{" + parts.joined(separator: ",") + "}"
    }
}
