/// What a text is made for: a terminal, or a pipe.
public struct Medium {
    /// Columns of a line, beyond which what can be cut is cut; nil: nothing is.
    public let width: Int?
    public let isColoured: Bool
    /// Microseconds since the epoch.
    public let now: Int64
    /// A moment, in microseconds since the epoch, on the calendar of this machine.
    public let local: (Int64) -> CalendarTime

    public init(
        width: Int?, isColoured: Bool, now: Int64, local: @escaping (Int64) -> CalendarTime
    ) {
        self.width = width
        self.isColoured = isColoured
        self.now = now
        self.local = local
    }

    public func paint(_ text: String, _ style: Style) -> String {
        guard isColoured, let code = style.code, !text.isEmpty else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}

/// A time on a calendar.
public struct CalendarTime: Hashable, Sendable {
    public let year: Int32
    /// 1 to 12.
    public let month: Int32
    public let day: Int32
    public let hour: Int32
    public let minute: Int32
    public let second: Int32

    public init(
        year: Int32, month: Int32, day: Int32, hour: Int32, minute: Int32, second: Int32
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }
}

/// How a text stands out on a terminal.
public enum Style: Hashable, Sendable {
    case plain, good, doubtful, bad, faint, heading

    /// Of ECMA-48, SGR; nil: none.
    fileprivate var code: String? {
        switch self {
        case .plain: nil
        case .good: "32"
        case .doubtful: "33"
        case .bad: "31"
        case .faint: "2"
        case .heading: "1"
        }
    }
}
