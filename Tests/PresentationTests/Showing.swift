import JSONTree
import Presentation

/// A terminal, or a pipe, on 21 November 2026 at 08:34:21 UTC.
func medium(width: Int? = nil, coloured: Bool = false) -> Medium {
    Medium(width: width, isColoured: coloured, now: 1_795_250_061_000_000) { microseconds in
        // Good for November 2026, and for the year before by its number only.
        let seconds = microseconds / 1_000_000
        let isEarlier = seconds < 1_767_225_600
        let day = (seconds - 1_793_491_200) / 86_400 + 1
        return CalendarTime(
            year: isEarlier ? 2025 : 2026, month: 11, day: Int32(clamping: max(1, day)),
            hour: Int32(seconds / 3_600 % 24), minute: Int32(seconds / 60 % 60),
            second: Int32(seconds % 60))
    }
}

func json(_ text: String) throws -> JSON { try JSON(parsing: text) }
