/// A column of `bulkhead top`, of a width that does not change from one sample to the next.
struct TopColumn {
    private enum Kind {
        case name, cpu, memory, bar, memoryMax, worst, waitCPU, waitMemory, waitIO, transferred
        case read, written, processes, disk, restarts
    }

    private let title: String
    private let kind: Kind
    private var width: Int

    private init(_ title: String, _ kind: Kind, _ width: Int) {
        self.title = title
        self.kind = kind
        self.width = width
    }

    /// Where more than the usual fits.
    private static let wide = 110
    private static let nameMin = 12

    /// Those that a line has room for, in order; what is wanted least is left out first.
    static func fitting(_ width: Int) -> [TopColumn] {
        let isWide = width >= wide
        var columns = [TopColumn("NAME", .name, 0)]
        columns.append(TopColumn("CPU", .cpu, 6))
        columns.append(TopColumn("MEMORY", .memory, 6))
        columns.append(TopColumn("", .bar, isWide ? 14 : 8))
        columns.append(TopColumn("MAX", .memoryMax, 6))
        if isWide {
            columns.append(TopColumn("CPU!", .waitCPU, 5))
            columns.append(TopColumn("MEM!", .waitMemory, 5))
            columns.append(TopColumn("IO!", .waitIO, 5))
            columns.append(TopColumn("READ/S", .read, 7))
            columns.append(TopColumn("WRITE/S", .written, 7))
        } else {
            columns.append(TopColumn("WAIT", .worst, 4))
            columns.append(TopColumn("IO/S", .transferred, 6))
        }
        columns.append(TopColumn("PROCS", .processes, isWide ? 11 : 5))
        columns.append(TopColumn("DISK", .disk, isWide ? 13 : 6))
        columns.append(TopColumn("RST", .restarts, 4))
        func rest() -> Int { width - columns.dropFirst().reduce(0) { $0 + $1.width + 1 } }
        while columns.count > 2 && rest() < nameMin { columns.removeLast() }
        columns[0].width = max(nameMin, rest())
        return columns
    }

    static func titles(_ columns: [TopColumn]) -> String {
        var text = ""
        for column in columns {
            let pad = String(repeating: " ", count: max(0, column.width - column.title.utf8.count))
            if !text.isEmpty { text += " " }
            text += column.kind == .name ? column.title + pad : pad + column.title
        }
        return text
    }

    static func line(_ row: UsageRow, _ columns: [TopColumn], on medium: Medium) -> String {
        var text = ""
        for column in columns {
            let (content, style) = column.content(row)
            let shown = cut(content, to: column.width)
            let pad = String(
                repeating: " ", count: max(0, column.width - Presentation.columns(of: shown)))
            let painted = medium.paint(shown, style)
            if !text.isEmpty { text += " " }
            let isLeft = column.kind == .name || column.kind == .bar
            text += isLeft ? painted + pad : pad + painted
            // Nothing of what it would be is measured.
            if row.isIdle && column.kind == .name {
                let isBad = row.phase == "failed" || row.phase == "parked"
                return text + " " + medium.paint(row.phase, isBad ? .bad : .faint)
            }
        }
        return text
    }

    private func content(_ row: UsageRow) -> (String, Style) {
        switch kind {
        case .name:
            if let workload = row.workload { return ("  \(workload)", .plain) }
            return (row.project, row.isIdle ? .faint : .heading)
        case .cpu:
            let style: Style
            if let cpu = row.cpu, let max = row.cpuMax, max > 0, cpu >= max / 100 * 95 {
                style = .doubtful
            } else {
                style = .plain
            }
            return (row.cpu.map(cpuPercent) ?? "-", style)
        case .memory: return (size(bytes: row.memory), row.memoryStyle)
        case .bar: return (bar(row.memory, of: row.memoryMax), row.memoryStyle)
        case .memoryMax: return (row.memoryMax.map(size) ?? "-", .plain)
        case .worst: return (pressureText(row.pressure), pressureStyle(row.pressure))
        case .waitCPU: return share(row.pressure.cpu)
        case .waitMemory: return share(row.pressure.memory)
        case .waitIO: return share(row.pressure.io)
        case .transferred: return (row.transferred.map(size) ?? "-", .plain)
        case .read: return (row.read.map(size) ?? "-", .plain)
        case .written: return (row.written.map(size) ?? "-", .plain)
        case .processes: return (amount(row.processes, row.processesMax) { "\($0)" }, .plain)
        case .disk:
            return (row.disk.map { amount($0, row.diskMax) { size(bytes: $0) } } ?? "-", .plain)
        case .restarts: return ("\(row.restarts)", row.restarts > 0 ? .doubtful : .plain)
        }
    }

    /// With what it may be, where there is room for that.
    private func amount(_ count: Int64, _ max: Int64?, _ text: (Int64) -> String) -> String {
        guard let max, width > 8 else { return text(count) }
        return "\(text(count))/\(text(max))"
    }

    private func share(_ tenths: Int64?) -> (String, Style) {
        guard let tenths else { return ("-", .faint) }
        let style: Style =
            tenths >= 400 ? .bad : tenths >= 100 ? .doubtful : tenths < 10 ? .faint : .plain
        return ("\(tenths / 10)%", style)
    }

    private func bar(_ count: Int64, of max: Int64?) -> String {
        guard let max, max > 0 else { return "" }
        let full = Int(min(count, max) / Swift.max(1, max / Int64(width)))
        let marks = min(width, full)
        return String(repeating: "=", count: marks) + String(repeating: ".", count: width - marks)
    }
}

extension UsageRow {
    /// Whether there is nothing of it that could be measured.
    fileprivate var isIdle: Bool {
        hasNoRun || (workload == nil && cpuTime == 0 && memory == 0)
    }
}
