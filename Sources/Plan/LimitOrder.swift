/// What is asked of a limit: `1G`, `+512M`, `-512M`, `max` or `default`.
public enum LimitOrder: Hashable, Sendable {
    case set(LimitValue)
    case increase(by: LimitValue)
    case decrease(by: LimitValue)
    /// What the configuration says, and nothing else.
    case standard

    /// - Parameter subject: what it is for, in the operator's words: `--memory`.
    public init(
        parsing text: String, of name: LimitName, for subject: String
    ) throws(InvalidValue) {
        switch text.utf8.first {
        case UInt8(ascii: "+"): self = .increase(by: try Self.step(text, of: name, for: subject))
        case UInt8(ascii: "-"): self = .decrease(by: try Self.step(text, of: name, for: subject))
        default:
            self =
                text == "default"
                ? .standard : .set(try LimitValue(parsing: text, of: name, for: subject))
        }
    }

    private static func step(
        _ text: String, of name: LimitName, for subject: String
    ) throws(InvalidValue) -> LimitValue {
        let hint = name.writingHint
        return try parsing(text, for: subject, hint: hint) { () throws(Refusal) in
            let step = text.dropFirst()
            switch name.unit {
            case .bytes:
                let bytes = try Bytes(token: step)
                if bytes.count == 0 { throw Refusal("changes nothing") }
                return .bytes(bytes)
            case .millicores: return .processorTime(try CPUBandwidth(token: String(step)))
            case .count, .perSecond:
                return .count(try wholeNumber(step, in: 1...UInt64(UInt32.max)))
            case .microseconds, .list:
                throw Refusal("\(name.text) is not changed by a difference")
            }
        }
    }

    /// What comes of it where `current` is in force; nil: what the configuration says. Throws where
    /// there is nothing to add to, or the result is no value of `name`.
    public func applied(
        to current: LimitValue?, of name: LimitName, for subject: String
    ) throws(InvalidValue) -> LimitValue? {
        let sum: (partialValue: UInt64, overflow: Bool)
        let asked: String
        switch self {
        case .standard: return nil
        case .set(let value): return value
        case .increase(let step):
            asked = "+\(step)"
            guard let now = current?.number, let step = step.number else {
                throw Self.nothing(asked, name, subject)
            }
            sum = now.addingReportingOverflow(step)
        case .decrease(let step):
            asked = "-\(step)"
            guard let now = current?.number, let step = step.number else {
                throw Self.nothing(asked, name, subject)
            }
            sum = now.subtractingReportingOverflow(step)
        }
        let now = current.map { "\($0)" } ?? ""
        if sum.overflow {
            throw InvalidValue(
                subject, asked, "leads out of what there is from \(now)",
                hint: "say what it shall be, without a sign")
        }
        let text = Self.text(sum.partialValue, of: name)
        do throws(InvalidValue) {
            return try LimitValue(parsing: text, of: name, for: subject)
        } catch {
            // A number of bytes would be one that nobody reads.
            let made = name.unit == .bytes ? "\(Bytes(sum.partialValue))" : text
            throw InvalidValue(
                subject, asked, "makes \(made) of \(now), which \(error.reason)", hint: error.hint)
        }
    }

    private static func nothing(
        _ asked: String, _ name: LimitName, _ subject: String
    ) -> InvalidValue {
        InvalidValue(
            subject, asked, "\(name.text) has no limit now that could be changed by a difference",
            hint: "say what it shall be, without a sign")
    }

    private static func text(_ number: UInt64, of name: LimitName) -> String {
        switch name.unit {
        case .bytes: Bytes(number).exactText
        case .millicores: "\(CPUBandwidth(millicores: UInt32(clamping: number)))"
        case .microseconds: "\(number)us"
        case .count, .perSecond, .list: "\(number)"
        }
    }
}
