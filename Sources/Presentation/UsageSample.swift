public import JSONTree

/// What projects and their workloads use, from a reply of `Stats`: per second where an earlier one is
/// there to compare with.
public struct UsageSample {
    public internal(set) var projects: [UsageRow] = []
    /// Of the machine.
    public internal(set) var machine = MachineUsage()
    /// Microseconds since the epoch.
    public internal(set) var at: Int64 = 0
    /// What the next one is compared with, by what each row is of.
    private var totals: [String: Totals] = [:]

    private struct Totals {
        let cpu: Int64
        let read: Int64
        let written: Int64
    }

    public init() {}

    /// - Parameter earlier: an older one; an empty one is none.
    public init(_ reply: JSON, after earlier: UsageSample) {
        at = reply.integer("at_us") ?? 0
        let elapsed = earlier.at > 0 && at > earlier.at ? at - earlier.at : nil
        machine = MachineUsage(reply["machine"] ?? .null)
        var places: [String: Int] = [:]
        for usage in reply.list("projects") {
            var row = UsageRow(usage)
            let key = "\(row.project)/\(row.workload ?? "")/\(usage.integer("run") ?? 0)"
            let now = Totals(
                cpu: usage.amount("cpu_us"), read: usage.amount("read_bytes"),
                written: usage.amount("written_bytes"))
            totals[key] = now
            if let elapsed, let then = earlier.totals[key] {
                row.cpu = perSecond(now.cpu, then.cpu, elapsed).map { $0 / 1_000 }
                row.read = perSecond(now.read, then.read, elapsed)
                row.written = perSecond(now.written, then.written, elapsed)
            }
            if row.workload == nil {
                places[row.project] = projects.count
                projects.append(row)
            } else if let place = places[row.project] {
                projects[place].workloads.append(row)
            }
        }
    }
}

/// A project, or one of its workloads.
public struct UsageRow {
    public let project: String
    public let workload: String?
    /// Of a service that should have one, and has not.
    let hasNoRun: Bool
    public let phase: String
    /// Thousandths of a processor; nil before there are two samples.
    public internal(set) var cpu: Int64?
    public let cpuTime: Int64
    public let cpuMax: Int64?
    public let memory: Int64
    public let memoryMax: Int64?
    public let processes: Int64
    public let processesMax: Int64?
    /// Bytes a second.
    public internal(set) var read: Int64?
    public internal(set) var written: Int64?
    public let readTotal: Int64
    public let writtenTotal: Int64
    public let disk: Int64?
    public let diskMax: Int64?
    public let restarts: Int64
    public let pressure: Pressure
    public internal(set) var workloads: [UsageRow] = []

    init(_ usage: JSON) {
        project = usage.text("project")
        let name = usage.text("workload")
        workload = name.isEmpty ? nil : name
        hasNoRun = workload != nil && usage.integer("run") == nil
        phase = usage.text("phase")
        cpuTime = usage.amount("cpu_us")
        cpuMax = usage.integer("cpu_millicores_max")
        memory = usage.amount("memory_bytes")
        memoryMax = usage.integer("memory_max_bytes")
        processes = usage.amount("processes")
        processesMax = usage.integer("processes_max")
        readTotal = usage.amount("read_bytes")
        writtenTotal = usage.amount("written_bytes")
        disk = usage.integer("disk_bytes")
        diskMax = usage.integer("disk_max_bytes")
        restarts = usage.amount("restarts")
        pressure = Pressure(usage.list("pressure"))
    }
}

/// The share of the last ten seconds in which something waited for a resource, in tenths of a percent.
public struct Pressure: Hashable {
    public private(set) var cpu: Int64?
    public private(set) var memory: Int64?
    public private(set) var io: Int64?

    init(_ stalls: [JSON] = []) {
        for stall in stalls {
            guard let some = stall["some"]?.number, some >= 0, some <= 100 else { continue }
            let share = Int64(some * 10)
            switch stall.text("resource") {
            case "cpu": cpu = share
            case "memory": memory = share
            case "io": io = share
            default: continue
            }
        }
    }

    /// The highest of them, with its first letter.
    var worst: (letter: String, share: Int64) {
        var worst = (letter: "c", share: cpu ?? 0)
        if let memory, memory > worst.share { worst = ("m", memory) }
        if let io, io > worst.share { worst = ("i", io) }
        return worst
    }
}

public struct MachineUsage {
    public let processors: Int64
    public let memory: Int64
    public let available: Int64
    /// Hundredths, of one, five and fifteen minutes.
    public let load: [Int64]
    public let pressure: Pressure

    init(_ machine: JSON = .null) {
        processors = machine.amount("processors")
        memory = machine.amount("memory_bytes")
        available = machine.amount("memory_available_bytes")
        load = machine.list("load").compactMap { value in
            value.number.map { Int64(max(0, min($0, 1_000_000)) * 100) }
        }
        pressure = Pressure(machine.list("pressure"))
    }
}

/// What was counted between two moments, in microseconds apart; nil where it was counted anew.
private func perSecond(_ now: Int64, _ then: Int64, _ elapsed: Int64) -> Int64? {
    if now < then { return nil }
    let wide = (now - then).multipliedFullWidth(by: 1_000_000)
    if wide.high >= elapsed { return nil }
    return elapsed.dividingFullWidth(wide).quotient
}

extension JSON {
    /// A number that counts something: never below 0, nor so high that sums of it overflow.
    func amount(_ name: String) -> Int64 { min(max(0, integer(name) ?? 0), 1 << 60) }
}
