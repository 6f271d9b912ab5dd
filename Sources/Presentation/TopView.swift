internal import Plan

/// What `bulkhead top` shows of samples: which rows, in which order, on how many lines.
public struct TopView {
    /// What comes first: what has most of it, but by name.
    public enum Key: String, CaseIterable {
        case cpu, memory, pressure, io, processes, disk, restarts, name
    }

    public var key: Key
    /// Said at the foot in place of the keys; nil: nothing is.
    public var note: String?
    /// How many rows are above the first that is shown.
    private var first = 0
    /// The most that may be, as of the last sample.
    private var firstMax = 0

    public init(by key: Key) { self.key = key }

    /// Lines that are no rows: two of the machine, an empty one, the heads of columns, the foot.
    private static let otherLines = 5

    /// Scrolls by rows; negative: up. Beyond the ends it goes as far as there is something.
    public mutating func scroll(by rows: Int) {
        let (sum, isOver) = first.addingReportingOverflow(rows)
        first = isOver ? (rows < 0 ? 0 : firstMax) : min(max(0, sum), firstMax)
    }

    /// How many rows a screen of so many lines has.
    public static func page(_ height: Int) -> Int { max(1, height - otherLines) }

    /// The lines of a screen, top to bottom.
    ///
    /// - Parameter height: at most so many; nil: all rows and no foot.
    public mutating func lines(of sample: UsageSample, height: Int?, on medium: Medium) -> [String]
    {
        let width = medium.width ?? 80
        let rows = Self.sorted(sample.projects, by: key)
        var lines = Self.head(sample, width, by: key, on: medium)
        let columns = TopColumn.fitting(width)
        lines.append("")
        lines.append(medium.paint(TopColumn.titles(columns), .heading))
        guard let height else {
            return lines + rows.map { TopColumn.line($0, columns, on: medium) }
        }
        let page = Self.page(height)
        firstMax = max(0, rows.count - page)
        first = min(first, firstMax)
        for row in rows[first...].prefix(page) {
            lines.append(TopColumn.line(row, columns, on: medium))
        }
        lines = Array(lines.prefix(max(0, height - 1)))
        while lines.count < height - 1 { lines.append("") }
        lines.append(foot(rows.count, page, width, on: medium))
        return lines
    }

    private func foot(_ count: Int, _ page: Int, _ width: Int, on medium: Medium) -> String {
        if let note { return medium.paint(cut(printable(note), to: width), .bad) }
        var text = "q quit  by: c)pu m)emory s)tall i)o p)rocs d)isk r)estarts n)ame"
        if count > page { text += "  \(first + 1)-\(min(first + page, count)) of \(count)" }
        return medium.paint(cut(text, to: width), .faint)
    }

    private static func head(
        _ sample: UsageSample, _ width: Int, by key: Key, on medium: Medium
    ) -> [String] {
        let machine = sample.machine
        var workloads = 0
        var used: Int64 = 0
        for project in sample.projects {
            workloads += project.workloads.count
            used &+= project.cpu ?? 0
        }
        var first = medium.clock(sample.at)
        first += "  \(counted(sample.projects.count, "project", "projects"))"
        first += ", \(counted(workloads, "workload", "workloads")), by \(key.rawValue)"
        if !machine.load.isEmpty {
            first += "   load"
            for load in machine.load { first += " " + thousandths(load * 10) }
        }
        let memory = max(0, machine.memory - machine.available)
        let second =
            "\(thousandths(used)) of \(counted(Int(machine.processors), "processor", "processors"))"
            + "  \(size(bytes: memory)) of \(size(bytes: machine.memory)) memory"
            + "  waiting: cpu \(whole(machine.pressure.cpu)) memory "
            + "\(whole(machine.pressure.memory)) io \(whole(machine.pressure.io))"
        return [cut(first, to: width), cut(second, to: width)]
    }

    private static func whole(_ share: Int64?) -> String { share.map { "\($0 / 10)%" } ?? "-" }

    // MARK: Order

    /// Projects, each with its workloads behind it.
    private static func sorted(_ projects: [UsageRow], by key: Key) -> [UsageRow] {
        var rows: [UsageRow] = []
        for project in ordered(projects, by: key) {
            rows.append(project)
            rows += ordered(project.workloads, by: key)
        }
        return rows
    }

    private static func ordered(_ rows: [UsageRow], by key: Key) -> [UsageRow] {
        rows.sorted { left, right in
            let (more, less) = (value(left, key), value(right, key))
            if more != less { return more > less }
            let (first, second) = (left.workload ?? left.project, right.workload ?? right.project)
            return first.utf8.lexicographicallyPrecedes(second.utf8)
        }
    }

    private static func value(_ row: UsageRow, _ key: Key) -> Int64 {
        switch key {
        case .cpu: row.cpu ?? 0
        case .memory: row.memory
        case .pressure: row.pressure.worst.share
        case .io: row.transferred ?? 0
        case .processes: row.processes
        case .disk: row.disk ?? 0
        case .restarts: row.restarts
        case .name: 0
        }
    }
}

extension UsageRow {
    /// Bytes a second in both directions.
    var transferred: Int64? {
        guard let read, let written else { return nil }
        return read &+ written
    }
}
