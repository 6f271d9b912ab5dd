/// Turns a resolved profile into one program of classic BPF.
///
/// The numbers of calls fall into intervals with the same answer; a binary tree of comparisons leads
/// to the interval of a number, and there its answer stands, or the comparisons of arguments that
/// lead to one. Per call that is some twelve instructions; for calls that are always allowed the
/// kernel finds that out when the filter is installed and does not run it at all (since Linux 5.11).
///
/// libseccomp makes programs too, but of rules for one call it makes one tree of comparisons, and
/// that tree is wrong where rules overlap: with 2.5.4, "argument 0 > 100 and argument 1 ≠ 24" and
/// "argument 0 ≥ 50 and argument 1 = 7" together allow (60, 8). Nor can it refuse by conditions what
/// is otherwise allowed.
struct Compiler {
    private let profile: ResolvedProfile

    init(_ profile: ResolvedProfile) { self.profile = profile }

    func program() throws(ProfileError) -> [Instruction] {
        let tree = tree(intervals()[...])
        let program =
            [
                .load(Compiler.architectureOffset),
                .jumpIfEqual(SystemCallTable.architecture, then: 1, else: 0),
                .return(Compiler.foreign.code),
                .load(Compiler.numberOffset),
            ] + tree
        if program.count > instructionCountMax {
            throw .tooLong(profile: profile.name, instructions: program.count)
        }
        return program
    }

    /// From this number on, up to the next interval, calls are answered by `body`.
    private struct Interval {
        let start: UInt32
        let body: [Instruction]
    }

    /// All numbers there are, in order; the first begins at 0.
    private func intervals() -> [Interval] {
        let otherwise = [Instruction.return(profile.defaultAction.code)]
        var bodies: [UInt32: [Instruction]] = [:]
        for (call, rules) in profile.rules {
            guard case .number(let number) = SystemCallTable.entry(call) else { continue }
            bodies[UInt32(number)] = body(rules)
        }
        let newest = max(UInt32(SystemCallTable.newest), bodies.keys.max() ?? 0)
        var result: [Interval] = []
        func append(_ start: UInt32, _ body: [Instruction]) {
            if result.last?.body != body { result.append(Interval(start: start, body: body)) }
        }
        for number in 0...newest { append(number, bodies[number] ?? otherwise) }
        append(newest + 1, unheardOf)
        return result
    }

    /// Calls younger than the table are answered as by a kernel that has not got them, so that a
    /// newer libc falls back on what the profile knows. So are those of the x32 ABI, whose numbers
    /// are the same with bit 30 set, as by a kernel without it, and -1, which a tracer sets to skip
    /// a call. Not where the default is to kill or to trap: such a profile wants no surprise at all.
    private var unheardOf: [Instruction] {
        guard case .errno = profile.defaultAction else {
            return [.return(profile.defaultAction.code)]
        }
        return [.return(Action.errno(38).code)]
    }

    /// The number is in the accumulator.
    private func tree(_ intervals: ArraySlice<Interval>) -> [Instruction] {
        if intervals.count == 1 { return intervals[intervals.startIndex].body }
        let middle = intervals.startIndex + intervals.count / 2
        let low = tree(intervals[..<middle])
        let high = tree(intervals[middle...])
        let start = intervals[middle].start
        if let distance = UInt8(exactly: low.count) {
            return [.jumpIfAtLeast(start, then: distance, else: 0)] + low + high
        }
        // Conditional jumps reach 255 instructions; the unconditional one reaches any.
        return [.jumpIfAtLeast(start, then: 0, else: 1), .jump(UInt32(low.count))] + low + high
    }

    /// The rules of one call, the strictest conditions first, at the end what holds otherwise.
    private func body(_ rules: [Rule]) -> [Instruction] {
        var result: [Instruction] = []
        let always = rules.first { $0.conditions.isEmpty }?.action ?? profile.defaultAction
        // In a fixed order, so that equal profiles make equal programs.
        let conditional = rules.filter { !$0.conditions.isEmpty }.enumerated().sorted {
            ($0.element.action, $0.offset) < ($1.element.action, $1.offset)
        }
        for (_, rule) in conditional {
            // Backwards: a failed comparison jumps to behind the rule.
            var block: [Instruction] = [.return(rule.action.code)]
            for condition in rule.conditions.reversed() {
                block = condition.instructions(failing: UInt8(block.count)) + block
            }
            result += block
        }
        return result + [.return(always.code)]
    }

    /// i386. Not an errno: a 32-bit program does start, and one whose exit fails would spin.
    private static let foreign = Action.killProcess
    /// Offsets in struct seccomp_data of linux/seccomp.h.
    private static let numberOffset: UInt32 = 0
    private static let architectureOffset: UInt32 = 4
}
