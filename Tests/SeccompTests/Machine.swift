@testable import Seccomp

/// Runs a compiled filter as the kernel does: net/core/filter.c and kernel/seccomp.c. Only what
/// seccomp permits; anything else is a trap, as it would be a refusal at load.
struct Machine {
    let program: [Instruction]

    init(_ program: SeccompProgram) { self.program = Instruction.decode(program.instructions) }

    /// The answer to a call, and how many instructions it took.
    func run(
        _ number: UInt32, _ arguments: [UInt64] = [], architecture: UInt32 = x86_64
    ) -> (answer: UInt32, steps: Int) {
        // struct seccomp_data: number, architecture, instruction pointer, six arguments.
        var data: [UInt32] = [number, architecture, 0, 0]
        for index in 0..<6 {
            let argument = index < arguments.count ? arguments[index] : 0
            data.append(UInt32(truncatingIfNeeded: argument))
            data.append(UInt32(truncatingIfNeeded: argument >> 32))
        }
        var accumulator: UInt32 = 0
        var counter = 0
        var steps = 0
        while true {
            let instruction = program[counter]
            let constant = instruction.constant
            counter += 1
            steps += 1
            func jump(_ condition: Bool) {
                counter += Int(condition ? instruction.ifTrue : instruction.ifFalse)
            }
            switch instruction.code {
            case 0x20: accumulator = data[Int(constant / 4)]
            case 0x54: accumulator &= constant
            case 0x05: counter += Int(constant)
            case 0x15: jump(accumulator == constant)
            case 0x25: jump(accumulator > constant)
            case 0x35: jump(accumulator >= constant)
            case 0x45: jump(accumulator & constant != 0)
            case 0x06: return (constant, steps)
            default: fatalError("instruction \(instruction.code)")
            }
        }
    }

    /// The answer as an action; for actions that have no name here, killing the process.
    func verdict(
        _ number: UInt32, _ arguments: [UInt64] = [], architecture: UInt32 = x86_64
    ) -> Action {
        let answer = run(number, arguments, architecture: architecture).answer
        switch answer & 0xffff_0000 {
        case 0x7fff_0000: return .allow
        case 0x7ffc_0000: return .log
        case 0x0005_0000: return .errno(UInt16(answer & 0xffff))
        case 0x0003_0000: return .trap
        case 0: return .killThread
        default: return .killProcess
        }
    }

    func verdict(_ call: String, _ arguments: UInt64...) -> Action {
        guard case .number(let number) = SystemCallTable.entry(call) else {
            fatalError("no call \(call)")
        }
        return verdict(UInt32(number), arguments)
    }
}

let x86_64: UInt32 = 0xc000_003e
let i386: UInt32 = 0x4000_0003

/// What the rules of one call mean, worked out without any filter: the yardstick for the compiled
/// one.
struct Meaning {
    let rules: [Rule]
    let otherwise: Action

    init(_ profile: ResolvedProfile, _ call: String) {
        rules = profile.rules[call] ?? []
        otherwise = profile.defaultAction
    }

    func callAsFunction(_ arguments: [UInt64]) -> Action {
        let holding = rules.filter { rule in
            !rule.conditions.isEmpty
                && rule.conditions.allSatisfy { $0.holds(arguments[Int($0.index)]) }
        }
        return holding.map(\.action).min()
            ?? rules.first { $0.conditions.isEmpty }?.action ?? otherwise
    }
}

extension Condition {
    func holds(_ argument: UInt64) -> Bool {
        switch comparison {
        case .notEqual(let value): argument != value
        case .less(let value): argument < value
        case .lessOrEqual(let value): argument <= value
        case .equal(let value): argument == value
        case .greaterOrEqual(let value): argument >= value
        case .greater(let value): argument > value
        case .masked(let mask, let value): argument & mask == value
        }
    }
}
