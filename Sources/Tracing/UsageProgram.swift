/// The program that counts which system calls the processes below a cgroup make, at the raw tracepoint
/// sys_enter. Every call of the machine comes by it, so it is attached while something is learned and
/// not longer.
///
/// The first process that is seen is the sandbox's init, which has no filter; and what the command's
/// process does before it is executed is init's too. So another program notes that, where the kernel has
/// a process become another program, at the raw tracepoint sched_process_exec.
enum UsageProgram {
    /// Of the array of counters: larger numbers are counted in the last.
    static let counters: Int32 = 1_024

    /// - Parameters:
    ///   - cgroup: that which is learned from, with all below it.
    ///   - state: an array of 2: init's process id, and whether the command has begun.
    ///   - counts: an array of `counters`.
    static func instructions(cgroup: UInt64, state: CInt, counts: CInt) -> [UInt64] {
        var code = Assembler()
        let end = code.label()
        let (isKnown, small) = (code.label(), code.label())
        // struct bpf_raw_tracepoint_args: the registers, and the number of the call.
        code.load(.r6, .r1, 8)
        skipOthers(&code, than: cgroup, to: end)
        loadProcesses(&code, state, end)
        code.jump(to: isKnown, if: .r1, isNot: 0)
        code.store(.r0, 0, .r7)
        code.jump(to: end)
        code.place(isKnown)
        code.jump(to: end, if: .r1, equals: .r7)
        entry(&code, state, 1)
        code.jump(to: end, if: .r0, equals: 0)
        code.load(.r1, .r0, 0)
        code.jump(to: end, if: .r1, equals: 0)
        let large = code.label()
        code.jump(to: large, if: .r6, isAbove: counters - 1)
        code.jump(to: small)
        code.place(large)
        code.move(.r6, counters - 1)
        code.place(small)
        code.store(.stack, -8, .r6)
        entryAtStack(&code, counts)
        code.jump(to: end, if: .r0, equals: 0)
        code.move(.r1, 1)
        code.addAtomically(.r0, 0, .r1)
        code.place(end)
        code.finish()
        return code.instructions
    }

    /// Notes that the command has begun: a process that is not init has become another program.
    static func beginning(cgroup: UInt64, state: CInt) -> [UInt64] {
        var code = Assembler()
        let end = code.label()
        skipOthers(&code, than: cgroup, to: end)
        loadProcesses(&code, state, end)
        code.jump(to: end, if: .r1, equals: 0)
        code.jump(to: end, if: .r1, equals: .r7)
        entry(&code, state, 1)
        code.jump(to: end, if: .r0, equals: 0)
        code.move(.r1, 1)
        code.store(.r0, 0, .r1)
        code.place(end)
        code.finish()
        return code.instructions
    }

    /// Goes to `end` where this process is not below the cgroup.
    private static func skipOthers(
        _ code: inout Assembler, than cgroup: UInt64, to end: Assembler.Label
    ) {
        let found = code.label()
        code.moveWide(.r8, cgroup)
        for level in 0...DenialProgram.depthMax {
            code.move(.r1, level)
            code.call(.currentAncestorCgroup)
            code.jump(to: found, if: .r0, equals: .r8)
        }
        code.jump(to: end)
        code.place(found)
    }

    /// Puts this process into r7, and into r1 the sandbox's init, 0 where none was seen yet; where that is
    /// kept, r0 points to.
    private static func loadProcesses(
        _ code: inout Assembler, _ state: CInt, _ end: Assembler.Label
    ) {
        code.call(.currentProcess)
        code.shiftRight(.r0, 32)
        code.move(.r7, .r0)
        entry(&code, state, 0)
        code.jump(to: end, if: .r0, equals: 0)
        code.load(.r1, .r0, 0)
    }

    private static func entry(_ code: inout Assembler, _ map: CInt, _ index: Int32) {
        code.store(.stack, -8, number: index)
        entryAtStack(&code, map)
    }

    private static func entryAtStack(_ code: inout Assembler, _ map: CInt) {
        code.moveMap(.r1, map)
        code.move(.r2, .stack)
        code.add(.r2, -8)
        code.call(.lookUp)
    }
}
