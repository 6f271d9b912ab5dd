/// The program that counts what filters decide: it runs where the kernel logs a decision of seccomp(2),
/// at `audit_seccomp(call, signal, action)` of kernel/auditsc.c, which a call that is allowed never
/// comes by. Counted is per cgroup, call and action, so that a flood is a number that grows.
enum DenialProgram {
    /// Numbers above this are one entry: nobody fills the table with calls that do not exist.
    static let callMax: Int32 = 511
    /// Cgroups further from the root are not looked at: systemd's and ours are five deep.
    static let depthMax: Int32 = 12
    /// Entries of one cgroup; all further kinds are one more for each action. No profile refuses more,
    /// but filters that a program brings itself may.
    static let kindsMax: Int32 = 512

    /// - Parameters:
    ///   - scope: an array of 2: the cgroup below which is counted, and how much had no room.
    ///   - denials: a hash of `Denial.Key` and `Denial.Value`.
    ///   - kinds: a hash of cgroups and how many entries each has; below 0 for a moment where a cgroup is
    ///     forgotten while one of its calls is counted.
    ///   - arguments: puts the call into r6 and the action into r7, from where r1 points.
    static func instructions(
        scope: CInt, denials: CInt, kinds: CInt, kindsMax: Int32 = kindsMax,
        arguments: (inout Assembler) -> Void = ofAuditSeccomp
    ) -> [UInt64] {
        var code = Assembler()
        let (end, known, found) = (code.label(), code.label(), code.label())
        let (small, full) = (code.label(), code.label())
        let (isCounted, hasRoom, make) = (code.label(), code.label(), code.label())
        arguments(&code)
        code.store(.stack, -8, number: 0)
        code.moveMap(.r1, scope)
        code.move(.r2, .stack)
        code.add(.r2, -8)
        code.call(.lookUp)
        code.jump(to: end, if: .r0, equals: 0)
        code.load(.r8, .r0, 0)
        code.jump(to: end, if: .r8, equals: 0)
        for level in 0...depthMax {
            code.move(.r1, level)
            code.call(.currentAncestorCgroup)
            code.jump(to: found, if: .r0, equals: .r8)
        }
        code.jump(to: end)
        code.place(found)
        // The key: cgroup, call, action.
        code.call(.currentCgroup)
        code.store(.stack, -24, .r0)
        let large = code.label()
        code.jump(to: large, if: .r6, isAbove: callMax)
        code.jump(to: small)
        code.place(large)
        code.move(.r6, -1)
        code.place(small)
        code.storeHalf(.stack, -16, .r6)
        code.storeHalf(.stack, -12, .r7)
        lookUp(&code, denials)
        code.jump(to: known, if: .r0, isNot: 0)
        // How many its cgroup has: the key's first part is the cgroup.
        lookUp(&code, kinds)
        code.jump(to: isCounted, if: .r0, isNot: 0)
        code.store(.stack, -56, number: 0)
        update(&code, kinds)
        lookUp(&code, kinds)
        code.jump(to: full, if: .r0, equals: 0)
        code.place(isCounted)
        code.load(.r1, .r0, 0)
        let crowded = code.label()
        code.jump(to: crowded, if: .r1, isMoreThan: kindsMax - 1)
        code.jump(to: hasRoom)
        code.place(crowded)
        code.move(.r1, Denial.others)
        code.storeHalf(.stack, -16, .r1)
        lookUp(&code, denials)
        code.jump(to: known, if: .r0, isNot: 0)
        code.move(.r9, 0)
        code.jump(to: make)
        code.place(hasRoom)
        // Kept: where no entry is made, it counts for nothing.
        code.move(.r9, .r0)
        code.move(.r1, 1)
        code.addAtomically(.r9, 0, .r1)
        code.place(make)
        // The value: count, process, command.
        code.store(.stack, -56, number: 1)
        code.call(.currentProcess)
        code.shiftRight(.r0, 32)
        code.store(.stack, -48, .r0)
        code.store(.stack, -40, number: 0)
        code.store(.stack, -32, number: 0)
        code.move(.r1, .stack)
        code.add(.r1, -40)
        code.move(.r2, 16)
        code.call(.currentCommand)
        update(&code, denials)
        code.jump(to: end, if: .r0, equals: 0)
        // There is no room, or another processor was faster.
        let isTakenBack = code.label()
        code.jump(to: isTakenBack, if: .r9, equals: 0)
        code.move(.r1, -1)
        code.addAtomically(.r9, 0, .r1)
        code.place(isTakenBack)
        lookUp(&code, denials)
        code.jump(to: full, if: .r0, equals: 0)
        code.place(known)
        code.move(.r1, 1)
        code.addAtomically(.r0, 0, .r1)
        code.jump(to: end)
        code.place(full)
        code.store(.stack, -8, number: 1)
        code.moveMap(.r1, scope)
        code.move(.r2, .stack)
        code.add(.r2, -8)
        code.call(.lookUp)
        code.jump(to: end, if: .r0, equals: 0)
        code.move(.r1, 1)
        code.addAtomically(.r0, 0, .r1)
        code.place(end)
        code.finish()
        return code.instructions
    }

    /// struct pt_regs of x86-64: the first and the third argument.
    static func ofAuditSeccomp(_ code: inout Assembler) {
        code.load(.r6, .r1, 112)
        code.load(.r7, .r1, 96)
    }

    private static func lookUp(_ code: inout Assembler, _ table: CInt) {
        code.moveMap(.r1, table)
        code.move(.r2, .stack)
        code.add(.r2, -24)
        code.call(.lookUp)
    }

    private static func update(_ code: inout Assembler, _ table: CInt) {
        code.moveMap(.r1, table)
        code.move(.r2, .stack)
        code.add(.r2, -24)
        code.move(.r3, .stack)
        code.add(.r3, -56)
        // BPF_NOEXIST: another processor may have been faster.
        code.move(.r4, 1)
        code.call(.update)
    }
}
