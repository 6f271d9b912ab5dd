internal import CLinux

/// A table that programs in the kernel and we share: bpf(2), BPF_MAP_CREATE. Keys and values are bytes
/// of the lengths it was made with; others are a mistake of ours.
public final class KernelTable {
    public enum Kind: UInt32, Sendable {
        /// BPF_MAP_TYPE_HASH, with room for all entries from the start.
        case hash = 1
        /// BPF_MAP_TYPE_ARRAY: keys are numbers from 0, of 4 bytes.
        case array = 2
    }

    private let descriptor: FileDescriptor
    private let keySize: Int
    private let valueSize: Int

    public init(
        _ kind: Kind, keySize: Int, valueSize: Int, entries: Int
    ) throws(SystemCallError) {
        self.keySize = keySize
        self.valueSize = valueSize
        let number = try checked("bpf", on: "a map") {
            bh_bpf_map(kind.rawValue, UInt32(keySize), UInt32(valueSize), UInt32(entries))
        }
        descriptor = FileDescriptor(owning: CInt(number))
    }

    /// For an instruction that names it.
    public var number: CInt { descriptor.number }

    /// The bytes of one entry; nil where there is none.
    public func value(of key: [UInt8]) throws(SystemCallError) -> [UInt8]? {
        precondition(key.count == keySize)
        var value = [UInt8](repeating: 0, count: valueSize)
        do throws(SystemCallError) {
            try checked("bpf", on: "an entry of a map") {
                bh_bpf_lookup(descriptor.number, key, &value)
            }
        } catch  where error.errno == .ENOENT { return nil }
        return value
    }

    public func set(_ key: [UInt8], to value: [UInt8]) throws(SystemCallError) {
        precondition(key.count == keySize && value.count == valueSize)
        try checked("bpf", on: "an entry of a map") {
            bh_bpf_update(descriptor.number, key, value)
        }
    }

    /// Also where it is gone already.
    public func remove(_ key: [UInt8]) throws(SystemCallError) {
        precondition(key.count == keySize)
        do throws(SystemCallError) {
            try checked("bpf", on: "an entry of a map") { bh_bpf_delete(descriptor.number, key) }
        } catch  where error.errno == .ENOENT {}
    }

    /// All keys, at most so many: entries come and go meanwhile.
    public func keys(atMost count: Int) throws(SystemCallError) -> [[UInt8]] {
        var result: [[UInt8]] = []
        var next = [UInt8](repeating: 0, count: keySize)
        while result.count < count {
            do throws(SystemCallError) {
                try checked("bpf", on: "the keys of a map") {
                    guard let last = result.last else {
                        return bh_bpf_next(descriptor.number, nil, &next)
                    }
                    return bh_bpf_next(descriptor.number, last, &next)
                }
            } catch  where error.errno == .ENOENT { break }
            result.append(next)
        }
        return result
    }
}

/// A program that the kernel has checked and holds: bpf(2), BPF_PROG_LOAD. It runs while it is attached.
public final class KernelProgram {
    public enum Kind: UInt32, Sendable {
        /// BPF_PROG_TYPE_PERF_EVENT.
        case event = 7
        /// BPF_PROG_TYPE_RAW_TRACEPOINT.
        case tracepoint = 17
    }

    private let descriptor: FileDescriptor
    private var attachments: [Attachment] = []

    /// Goes away with its descriptor.
    private final class Attachment {
        let descriptor: FileDescriptor
        init(_ number: CInt) { descriptor = FileDescriptor(owning: number) }
    }

    /// - Parameter instructions: struct bpf_insn each, as numbers of 64 bits.
    public init(_ kind: Kind, _ instructions: [UInt64]) throws(SystemCallError) {
        let number = try checked("bpf", on: "a program") {
            bh_bpf_program(kind.rawValue, instructions, UInt32(instructions.count))
        }
        descriptor = FileDescriptor(owning: CInt(number))
    }

    /// Runs it at each pass of a raw tracepoint, on every processor.
    public func attach(tracepoint name: String) throws(SystemCallError) {
        let number = try checked("bpf", on: "the tracepoint \(name)") {
            bh_bpf_raw_tracepoint(name, descriptor.number)
        }
        attachments.append(Attachment(CInt(number)))
    }

    /// Runs it whenever a processor comes by an instruction of the kernel. The corresponding call is
    /// perf_event_open(2), PERF_TYPE_BREAKPOINT.
    public func attach(
        breakpoint address: UInt64, processor: Int
    ) throws(SystemCallError) {
        let number = try checked("perf_event_open", on: "a breakpoint of processor \(processor)") {
            bh_breakpoint(address, CInt(processor), descriptor.number)
        }
        attachments.append(Attachment(CInt(number)))
    }

    /// Until it is attached anew it does not run.
    public func detach() { attachments = [] }
}

/// Keeps what seccomp(2) logs of some of the host's users out of the audit log; where that is so already
/// nothing changes. What `auditctl -a never,exclude` does; it lasts until the machine is booted or
/// somebody takes all such rules away.
public func excludeFromAudit(users: ClosedRange<UInt32>) throws(SystemCallError) {
    try checked("audit_add_rule", on: "users \(users.lowerBound) to \(users.upperBound)") {
        bh_audit_exclude(users.lowerBound, users.upperBound)
    }
}
