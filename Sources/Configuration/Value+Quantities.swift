package import Plan
internal import Scheduling

extension Value where Result == Bool {
    package static var flag: Value {
        Value("true or false") { (text) throws(InvalidValue) in
            switch text.lowercased() {
            case "true", "yes", "on": return true
            case "false", "no", "off": return false
            default: throw InvalidValue("", text, "is neither true nor false")
            }
        }
    }
}

extension Value where Result: FixedWidthInteger & Sendable {
    package static func whole(_ range: ClosedRange<UInt64>) -> Value {
        Value("number") { (text) throws(InvalidValue) in
            Result(truncatingIfNeeded: try wholeNumber(parsing: text, in: range, for: ""))
        }
    }
}

extension Value where Result == UInt64 {
    /// A number of requests in a second and the like.
    static var count: Value { whole(1...IOLimit.operationsMax) }
}

extension Value where Result == UInt32 {
    /// The number that is written, or 0 for `off`.
    static var failures: Value {
        Value("number or off") { (text) throws(InvalidValue) in
            if ["off", "no", "false"].contains(text.lowercased()) { return 0 }
            return UInt32(try wholeNumber(parsing: text, in: 0...1_000, for: ""))
        }
    }

    /// A share of the processors as existing files have it, 1.0 being the usual one, as the kernel
    /// counts it, where 100 is.
    static var weightOfPriority: Value {
        Value("number or word") { (text) throws(InvalidValue) in
            switch text.lowercased() {
            case "low": return 50
            case "normal": return 100
            case "high": return 200
            case "critical": return 400
            default: break
            }
            // Both count in thousandths of one: a share that is written 1.0 reads as 1,000.
            let share: CPUBandwidth
            do throws(InvalidValue) { share = try CPUBandwidth(parsing: text, for: "") } catch {
                throw InvalidValue(
                    "", text, error.reason,
                    hint: "write a share such as 1.0 or 2.5, or low, normal, high or critical")
            }
            return min(max(share.millicores / 10, 1), 10_000)
        }
    }
}

extension Value where Result == UInt8 {
    /// `20` or `20%`.
    package static var percent: Value { percentAtMost(100) }

    static func percentAtMost(_ most: UInt64) -> Value {
        Value("percentage") { (text) throws(InvalidValue) in
            let digits = text.utf8.last == UInt8(ascii: "%") ? String(text.dropLast()) : text
            do throws(InvalidValue) {
                return UInt8(try wholeNumber(parsing: digits, in: 0...most, for: ""))
            } catch {
                throw InvalidValue(
                    "", text, error.reason, hint: "write a percentage such as 20%")
            }
        }
    }

    /// `SIGTERM`, `TERM` or `15`: signal(7).
    static var signal: Value {
        Value("signal") { (text) throws(InvalidValue) in
            if let first = text.utf8.first, first < UInt8(ascii: "A") {
                return UInt8(try wholeNumber(parsing: text, in: 1...64, for: ""))
            }
            let name = text.utf8.starts(with: "SIG".utf8) ? String(text.dropFirst(3)) : text
            if let index = signalNames.firstIndex(of: name) { return UInt8(index + 1) }
            let similar = nearest(to: name, in: signalNames)
            throw InvalidValue(
                "", text, "is no signal",
                hint: similar.map { "did you mean 'SIG\($0)'?" } ?? "write SIGTERM or 15")
        }
    }
}

/// By number, from 1 on, as x86-64 and arm64 have them: signal(7).
let signalNames = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
]

extension Value where Result == Bytes {
    package static func size(atLeast least: Bytes = Bytes(1)) -> Value {
        Value("size") { (text) throws(InvalidValue) in
            let bytes = try Bytes(parsing: text, for: "")
            if bytes >= least { return bytes }
            let isBare = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
            throw InvalidValue(
                "", text, "is too little, at least \(least)",
                hint: isBare && bytes.count > 0 ? "did you mean \(bytes.count)M?" : nil)
        }
    }

    /// A number of mebibytes or gibibytes, as existing files have it.
    static func number(of unit: String) -> Value {
        Value("number of \(unit == "M" ? "mebibytes" : "gibibytes")") {
            (text) throws(InvalidValue) in
            let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
            if !isNumber {
                throw InvalidValue(
                    "", text, "is not a number", hint: "write it without a unit, for example 8")
            }
            let bytes = try Bytes(parsing: text + unit, for: "")
            if bytes < .memoryUnit { throw InvalidValue("", text, "is too little") }
            return bytes
        }
    }
}

extension Bytes {
    fileprivate static let memoryUnit = Limits.memoryLeast
}

extension Value where Result == CPUBandwidth {
    package static var processors: Value {
        Value("processors") { (text) throws(InvalidValue) in
            try CPUBandwidth(parsing: text, for: "")
        }
    }
}

extension Value {
    /// The value, or `max` for no limit.
    static func limit<Bound>(_ value: Value<Bound>) -> Value where Result == Bound? {
        Value("\(value.kind) or max") { (text) throws(InvalidValue) in
            if text == "max" { return nil }
            return try value.parse(Node.Scalar(text: text, isPlain: true))
        }
    }
}

extension Value where Result == Milliseconds {
    package static func time(_ range: ClosedRange<Milliseconds>) -> Value {
        Value("time") { (text) throws(InvalidValue) in
            let time = try Milliseconds(parsing: text, for: "")
            if time < range.lowerBound {
                throw InvalidValue("", text, "is less than \(range.lowerBound)")
            }
            if time > range.upperBound {
                throw InvalidValue("", text, "is more than \(range.upperBound)")
            }
            return time
        }
    }
}

extension Value where Result == WorkloadName {
    static var workload: Value {
        Value("name") { (text) throws(InvalidValue) in try WorkloadName(text) }
    }
}

extension Value where Result == ProjectName {
    static var project: Value {
        Value("project") { (text) throws(InvalidValue) in try ProjectName(text) }
    }
}

extension Value where Result == Identity {
    static var identity: Value {
        Value("UID or UID:GID") { (text) throws(InvalidValue) in
            try Identity(parsing: text, for: "")
        }
    }
}

extension Value where Result == Strategy {
    /// A word, or the absolute path of a program.
    static var strategy: Value {
        let words = ["static", "fair_share", "priority_based", "dynamic"]
        return Value("\(words.joined(separator: ", ")) or a path") {
            (text) throws(InvalidValue) in
            let isPath = text.utf8.first == UInt8(ascii: "/")
            if !isPath, !words.contains(text) { throw notAmong(words + ["/a/program"], text) }
            do throws(InvalidValue) { return try Strategy(parsing: text) } catch {
                throw InvalidValue("", text, error.reason, hint: error.hint)
            }
        }
    }
}

extension Value
where Result: RawRepresentable & CaseIterable & Sendable, Result.RawValue == String {
    /// One of the words that an enumeration has.
    package static var word: Value {
        let words = Result.allCases.map(\.rawValue)
        return Value("\(words.joined(separator: ", "))") { (text) throws(InvalidValue) in
            guard let value = Result(rawValue: text) else { throw notAmong(words, text) }
            return value
        }
    }
}
