/// Writes programs for the kernel's virtual machine: Documentation/bpf/standardization/instruction-set.
///
/// Just what our programs need: a register and a number, a helper call, a jump forwards. The kernel
/// checks each program before it takes it; this only spells them.
public struct Assembler {
    public enum Register: UInt64, Sendable {
        /// What a call returns.
        case r0
        /// Arguments of a call; not kept over it.
        case r1, r2, r3, r4, r5
        /// Kept over calls.
        case r6, r7, r8, r9
        /// Where the stack ends, 512 bytes of it; only read.
        case stack
    }

    /// Functions of the kernel: bpf-helpers(7). None asks for a licence.
    public enum Helper: UInt64, Sendable {
        case lookUp = 1
        case update = 2
        case currentProcess = 14
        case currentCommand = 16
        case currentCgroup = 80
        case currentAncestorCgroup = 123
    }

    /// A place further on, which jumps may go to before it is known.
    public struct Label: Hashable, Sendable {
        fileprivate let number: Int
    }

    public private(set) var instructions: [UInt64] = []
    private var jumps: [(at: Int, to: Label)] = []
    private var labels = 0

    public init() {}

    // MARK: Moving

    /// `to = from`
    public mutating func move(_ to: Register, _ from: Register) { emit(0xbf, to, from) }

    /// `to = number`, its sign extended.
    public mutating func move(_ to: Register, _ number: Int32) { emit(0xb7, to, value: number) }

    /// `to = number`, all 64 bits of it.
    public mutating func moveWide(_ to: Register, _ number: UInt64) {
        emit(0x18, to, value: Int32(truncatingIfNeeded: number))
        emit(0, .r0, value: Int32(truncatingIfNeeded: number >> 32))
    }

    /// `to` = the map with that descriptor.
    public mutating func moveMap(_ to: Register, _ descriptor: CInt) {
        // BPF_PSEUDO_MAP_FD in the place of the source register.
        emit(0x18, to, .r1, value: descriptor)
        emit(0, .r0, value: 0)
    }

    /// `to += number`
    public mutating func add(_ to: Register, _ number: Int32) { emit(0x07, to, value: number) }

    /// `to >>= number`
    public mutating func shiftRight(_ to: Register, _ number: Int32) {
        emit(0x77, to, value: number)
    }

    /// `to &= number`, its sign extended.
    public mutating func and(_ to: Register, _ number: Int32) { emit(0x57, to, value: number) }

    // MARK: Memory

    /// `to` = 8 bytes at `base + offset`.
    public mutating func load(_ to: Register, _ base: Register, _ offset: Int16) {
        emit(0x79, to, base, offset)
    }

    /// 8 bytes at `base + offset` = `from`.
    public mutating func store(_ base: Register, _ offset: Int16, _ from: Register) {
        emit(0x7b, base, from, offset)
    }

    /// 4 bytes at `base + offset` = the lower half of `from`.
    public mutating func storeHalf(_ base: Register, _ offset: Int16, _ from: Register) {
        emit(0x63, base, from, offset)
    }

    /// 8 bytes at `base + offset` = a number.
    public mutating func store(_ base: Register, _ offset: Int16, number: Int32) {
        emit(0x7a, base, offset: offset, value: number)
    }

    /// 8 bytes at `base + offset` grow by `by`, on several processors at once too.
    public mutating func addAtomically(_ base: Register, _ offset: Int16, _ by: Register) {
        emit(0xdb, base, by, offset)
    }

    // MARK: Going elsewhere

    public mutating func label() -> Label {
        labels += 1
        return Label(number: labels)
    }

    /// Jumps to this label lead here. A label is placed once, behind all that jump to it.
    public mutating func place(_ label: Label) {
        for jump in jumps where jump.to == label {
            let distance = UInt64(instructions.count - jump.at - 1)
            precondition(distance <= 0x7fff)
            instructions[jump.at] |= distance << 16
        }
        jumps.removeAll { $0.to == label }
    }

    public mutating func jump(to label: Label) { jump(0x05, .r0, .r0, 0, label) }

    public mutating func jump(to label: Label, if left: Register, equals number: Int32) {
        jump(0x15, left, .r0, number, label)
    }

    public mutating func jump(to label: Label, if left: Register, equals right: Register) {
        jump(0x1d, left, right, 0, label)
    }

    public mutating func jump(to label: Label, if left: Register, isNot number: Int32) {
        jump(0x55, left, .r0, number, label)
    }

    public mutating func jump(to label: Label, if left: Register, isNot right: Register) {
        jump(0x5d, left, right, 0, label)
    }

    /// Without sign.
    public mutating func jump(to label: Label, if left: Register, isAbove number: Int32) {
        jump(0x25, left, .r0, number, label)
    }

    /// With sign.
    public mutating func jump(to label: Label, if left: Register, isMoreThan number: Int32) {
        jump(0x65, left, .r0, number, label)
    }

    public mutating func call(_ helper: Helper) {
        emit(0x85, .r0, value: Int32(helper.rawValue))
    }

    /// Ends the program with 0.
    public mutating func finish() {
        precondition(jumps.isEmpty, "a jump leads nowhere")
        move(.r0, 0)
        emit(0x95, .r0, value: 0)
    }

    // MARK: struct bpf_insn

    private mutating func jump(
        _ code: UInt64, _ left: Register, _ right: Register, _ number: Int32, _ label: Label
    ) {
        jumps.append((instructions.count, label))
        emit(code, left, right, value: number)
    }

    private mutating func emit(
        _ code: UInt64, _ to: Register, _ from: Register = .r0, _ offset: Int16 = 0,
        value: Int32 = 0
    ) {
        emit(code, to, from, offset: offset, value: value)
    }

    private mutating func emit(
        _ code: UInt64, _ to: Register, _ from: Register = .r0, offset: Int16, value: Int32 = 0
    ) {
        instructions.append(
            code | to.rawValue << 8 | from.rawValue << 12
                | UInt64(UInt16(bitPattern: offset)) << 16
                | UInt64(UInt32(bitPattern: value)) << 32)
    }
}
