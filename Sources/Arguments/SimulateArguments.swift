public import Plan

/// What `bulkhead simulate` is asked for, as the program that does it reads it.
public struct SimulateArguments: Hashable, Sendable {
    /// A file.
    public let scenario: String
    /// Nil, here and below: as the scenario says.
    public let seed: UInt64?
    public let strategy: String?
    public let duration: Milliseconds?
    public let projects: Int?
    /// What the machine is multiplied by.
    public let cpuScale: Double
    public let memoryScale: Double
    /// Files; `-` is standard output.
    public let replay: String?
    public let csv: String?
    public let trace: String?
    public let json: Bool

    /// A program of the operator's is none that could be simulated: what it answers depends on more
    /// than a seed.
    public static let strategies = ["static", "fair_share", "priority_based", "dynamic"]
    public static let projectsMax: UInt64 = 1_000_000

    /// - Parameter arguments: those after `simulate`.
    /// - Returns: nil where help is asked for.
    public static func parsed(
        _ arguments: [String]
    ) throws(ArgumentsError) -> SimulateArguments? {
        let parsed = try ParsedArguments(parsing: arguments[...], of: .simulate)
        return parsed.asksForHelp ? nil : try SimulateArguments(parsed)
    }

    private init(_ parsed: ParsedArguments) throws(ArgumentsError) {
        scenario = try parsed.operand(0, "SCENARIO")
        try parsed.refuseOperands(after: 1)
        do throws(InvalidValue) {
            seed = try parsed.value(.seed).map { text throws(InvalidValue) in
                try wholeNumber(parsing: text, in: 0...UInt64(Int64.max), for: "--seed")
            }
            duration = try parsed.value(.duration).map { text throws(InvalidValue) in
                let duration = try Milliseconds(parsing: text, for: "--for")
                if duration.count >= 1_000 { return duration }
                throw InvalidValue("--for", text, "is less than 1s")
            }
            projects = try parsed.value(.projects).map { text throws(InvalidValue) in
                Int(try wholeNumber(parsing: text, in: 1...Self.projectsMax, for: "--projects"))
            }
            cpuScale = try Self.factor(parsed.value(.cpuScale), "--cpu-scale")
            memoryScale = try Self.factor(parsed.value(.memoryScale), "--memory-scale")
            strategy = try parsed.value(.strategy).map { text throws(InvalidValue) in
                if Self.strategies.contains(text) { return text }
                throw InvalidValue(
                    "--strategy", text, "is none that can be simulated",
                    hint: nearest(to: text, in: Self.strategies).map { "did you mean '\($0)'?" }
                        ?? "choose one of: \(Self.strategies.joined(separator: ", "))")
            }
        } catch { throw .invalid(error) }
        replay = parsed.value(.replay)
        csv = parsed.value(.csv)
        trace = parsed.value(.trace)
        json = parsed.has(.json)
        if [csv == "-", trace == "-", json].count(where: { $0 }) > 1 {
            throw .contradiction(
                "only one of --csv -, --trace - and --json can be on standard output",
                remedy: "write the others to files")
        }
    }

    /// A thousandth to a thousand times.
    private static func factor(
        _ text: String?, _ option: String
    ) throws(InvalidValue) -> Double {
        guard let text else { return 1 }
        let hint = "write a factor such as 0.5"
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count),
            parts.allSatisfy({ part in
                (1...6).contains(part.utf8.count)
                    && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
            }), let value = Double(text)
        else { throw InvalidValue(option, text, "is no factor", hint: hint) }
        guard (0.001...1_000).contains(value) else {
            throw InvalidValue(option, text, "is not from 0.001 to 1000", hint: hint)
        }
        return value
    }
}
