internal import Plan
internal import Syscalls

/// The week by the machine's own clock and time zone.
enum MachineWeek {
    /// The minute of the week, from Monday at midnight on.
    static func minute(at seconds: Int64) -> Int {
        let local = seconds + LocalTime.secondsEast(at: seconds)
        // The epoch began on a Thursday.
        let week = (local + 3 * 86_400) % (7 * 86_400)
        return Int((week < 0 ? week + 7 * 86_400 : week) / 60)
    }
}

extension HostServices {
    /// How far a time zone is ahead of UTC at a moment, by tzdata; nil where that does not know it.
    ///
    /// Of the file only its transitions are read (tzfile(5)): after the last of them, in 2037 in most,
    /// the zone stays as it is then.
    func secondsEast(of zone: String, at seconds: Int64) -> Int64? {
        guard zone.utf8.first != UInt8(ascii: "/"), !zone.utf8.contains(UInt8(ascii: ".")),
            let bytes = try? open("/usr/share/zoneinfo/\(zone)").readAll(limit: 1 << 16)
        else { return nil }
        return ZoneTransitions(bytes)?.secondsEast(at: seconds)
    }
}

/// The second part of a file of tzdata, with times of 64 bits: tzfile(5).
private struct ZoneTransitions {
    private let bytes: [UInt8]
    private var start = 0
    private var times = 0
    private var types = 0

    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard bytes.starts(with: "TZif".utf8), bytes.count > 88, bytes[4] >= UInt8(ascii: "2")
        else {
            return nil
        }
        // The first part has times of 32 bits.
        let counts = (0..<6).map { Int(number(20 + $0 * 4, 4)) }
        guard counts.allSatisfy({ (0...65_536).contains($0) }) else { return nil }
        let (utc, standard, leap, times, types, text) = (
            counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]
        )
        let second = 44 + times * 5 + types * 6 + text + leap * 8 + standard + utc
        guard bytes.count > second + 44 else { return nil }
        self.times = Int(number(second + 32, 4))
        self.types = Int(number(second + 36, 4))
        start = second + 44
        guard (0...65_536).contains(self.times), (1...256).contains(self.types),
            bytes.count >= start + self.times * 9 + self.types * 6
        else { return nil }
    }

    func secondsEast(at seconds: Int64) -> Int64 {
        var type = 0
        for index in 0..<times where number(start + index * 8, 8) <= seconds {
            type = Int(bytes[start + times * 8 + index])
        }
        return number(start + times * 9 + min(type, types - 1) * 6, 4)
    }

    /// The highest byte first, with a sign.
    private func number(_ place: Int, _ count: Int) -> Int64 {
        var value: UInt64 = 0
        for byte in bytes[place..<place + count] { value = value << 8 | UInt64(byte) }
        return count == 4
            ? Int64(Int32(bitPattern: UInt32(value))) : Int64(bitPattern: value)
    }
}
