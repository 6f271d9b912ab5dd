extension SeccompProgram {
    /// Where a call comes from: AUDIT_ARCH_… of linux/audit.h.
    public enum Origin: UInt32, Sendable {
        case x86_64 = 0xc000_003e
        case i386 = 0x4000_0003
    }

    /// All that this filter may answer a call with, whatever its arguments are: SECCOMP_RET_… of
    /// linux/seccomp.h, without error numbers. Nil: it has an instruction that our compiler does not
    /// write.
    ///
    /// - Parameter call: nil: one that no machine has.
    public func answers(to call: Int32?, from origin: Origin = .x86_64) -> Set<UInt32>? {
        wholeAnswers(to: call, from: origin).map { Set($0.map { $0 & 0xffff_0000 }) }
    }

    /// The same with the error numbers.
    private func wholeAnswers(to call: Int32?, from origin: Origin) -> Set<UInt32>? {
        /// Somewhere in the program, with what was loaded; nil: an argument.
        struct Place: Hashable {
            var counter: Int
            var accumulator: UInt32?
        }
        let program = Instruction.decode(instructions)
        var answers: Set<UInt32> = []
        var seen: Set<Place> = []
        var ahead = [Place(counter: 0, accumulator: nil)]
        while let place = ahead.popLast() {
            // Jumps lead forwards only, so that this ends.
            guard program.indices.contains(place.counter) else { return nil }
            if !seen.insert(place).inserted { continue }
            let instruction = program[place.counter]
            let constant = instruction.constant
            func go(_ distance: Int, _ accumulator: UInt32?) {
                ahead.append(
                    Place(counter: place.counter + 1 + distance, accumulator: accumulator))
            }
            func jump(_ isTrue: (UInt32) -> Bool) {
                let truth = place.accumulator.map(isTrue)
                if truth != false { go(Int(instruction.ifTrue), place.accumulator) }
                if truth != true { go(Int(instruction.ifFalse), place.accumulator) }
            }
            switch instruction.code {
            case 0x20 where constant == 0: go(0, UInt32(bitPattern: call ?? -1))
            case 0x20 where constant == 4: go(0, origin.rawValue)
            case 0x20: go(0, nil)
            case 0x54: go(0, place.accumulator.map { $0 & constant })
            case 0x05: go(Int(constant), place.accumulator)
            case 0x15: jump { $0 == constant }
            case 0x25: jump { $0 > constant }
            case 0x35: jump { $0 >= constant }
            case 0x06: answers.insert(constant)
            default: return nil
            }
        }
        return answers
    }

    /// Whether the profile that this was made from may have given an answer; nil: it may, or a filter
    /// that the program brought itself. For a number is another call in programs of 32 bits, of which
    /// every one is killed for.
    ///
    /// - Parameter answer: SECCOMP_RET_….
    public func gives(_ answer: UInt32, to call: Int32?) -> Bool? {
        guard let native = answers(to: call), let foreign = answers(to: call, from: .i386) else {
            return nil
        }
        let answer = answer & 0xffff_0000
        return native.contains(answer) ? true : foreign.contains(answer) ? nil : false
    }

    /// Whether an answer to a call is that of a kernel that has not got it, whatever its arguments are:
    /// libraries go on without.
    ///
    /// - Parameter answer: SECCOMP_RET_…, without an error number.
    public func saysMissing(to call: Int32?, answering answer: UInt32) -> Bool {
        // SECCOMP_RET_ERRNO, with ENOSYS of errno.h.
        let (error, missing): (UInt32, UInt32) = (0x5_0000, 0x5_0000 | 38)
        if answer & 0xffff_0000 != error { return false }
        return wholeAnswers(to: call, from: .x86_64)?.filter { $0 & 0xffff_0000 == error }
            == [missing]
    }

    /// Where a call came from that was answered so: one that this filter does not kill for, and that
    /// was killed for, was of a program of 32 bits.
    public func origin(of call: Int32?, answered answer: UInt32) -> Origin {
        let answer = answer & 0xffff_0000
        let isNative = answers(to: call)?.contains(answer) ?? true
        let isForeign = answers(to: call, from: .i386)?.contains(answer) ?? false
        return !isNative && isForeign ? .i386 : .x86_64
    }
}
