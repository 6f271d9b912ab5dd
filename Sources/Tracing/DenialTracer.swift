public import Plan
public import Syscalls

/// Why denials cannot be named here; everything else works.
public struct DenialsUnseen: Error, Hashable, Sendable, Diagnosable {
    public let message: String
    public let hint: String?

    public init(message: String, hint: String?) {
        self.message = message
        self.hint = hint
    }
}

/// Sees what seccomp filters decide below one cgroup, while it lives: a breakpoint of the processors at
/// the kernel's `audit_seccomp`, and a program that counts there.
///
/// A breakpoint and not a kprobe: that changes the kernel's code while it runs, and under an emulated
/// processor the kernel fell over it (docs/decisions/0022-denials-by-breakpoint.md).
public final class DenialTracer {
    private let scope: KernelTable
    private let denials: KernelTable
    private let kinds: KernelTable
    private let program: KernelProgram
    private let address: UInt64
    private var online: String

    /// Room for so many pairs of a cgroup and a call.
    static let entriesMax = 16_384
    /// Room for so many cgroups.
    static let cgroupsMax = 4_096

    public init() throws(DenialsUnseen) {
        address = try Self.address()
        do throws(SystemCallError) {
            scope = try KernelTable(.array, keySize: 4, valueSize: 8, entries: 2)
            denials = try KernelTable(
                .hash, keySize: Denial.keySize, valueSize: Denial.valueSize,
                entries: Self.entriesMax)
            kinds = try KernelTable(.hash, keySize: 8, valueSize: 8, entries: Self.cgroupsMax)
            program = try KernelProgram(
                .event,
                DenialProgram.instructions(
                    scope: scope.number, denials: denials.number, kinds: kinds.number))
            online = try readFile(onlineProcessors)
            for processor in numbers(inList: online) {
                try program.attach(breakpoint: address, processor: processor)
            }
        } catch {
            throw DenialsUnseen(
                message: "denied system calls cannot be named: \(error)",
                hint: "needed are kprobes and BPF, a kernel that is not locked down, and a free "
                    + "hardware breakpoint")
        }
    }

    /// Counts below this cgroup from now on: the inode number of its directory; 0: nowhere.
    public func setScope(_ cgroup: UInt64) throws(SystemCallError) {
        try scope.set(bytes(0, count: 4), to: bytes(cgroup))
    }

    /// How many had no room in the table.
    public func uncounted() throws(SystemCallError) -> UInt64 {
        number(try scope.value(of: bytes(1, count: 4)) ?? bytes(0), at: 0, bytes: 8)
    }

    /// All that is in the table.
    public func read() throws(SystemCallError) -> [Denial] {
        var result: [Denial] = []
        for key in try denials.keys(atMost: Self.entriesMax) {
            if let value = try denials.value(of: key) {
                result.append(Denial(key: key, value: value))
            }
        }
        return result
    }

    /// Takes all of a cgroup out of the table.
    ///
    /// - Parameter keys: those that are known of it.
    public func forget(
        _ cgroup: UInt64, _ keys: [Denial.Key]
    ) throws(SystemCallError) {
        for key in keys { try denials.remove(key.bytes) }
        try kinds.remove(bytes(cgroup))
    }

    /// Takes all there is out of the table.
    public func forgetAll() throws(SystemCallError) {
        for key in try denials.keys(atMost: Self.entriesMax) { try denials.remove(key) }
        try forgetKinds(but: [])
    }

    /// Forgets how many entries cgroups have that have none: of those the last found no room.
    public func forgetKinds(but cgroups: Set<UInt64>) throws(SystemCallError) {
        for key in try kinds.keys(atMost: Self.cgroupsMax)
        where !cgroups.contains(Tracing.number(key, at: 0, bytes: 8)) {
            try kinds.remove(key)
        }
    }

    /// Looks whether processors came or went, and watches those that are there.
    public func followProcessors() throws(SystemCallError) {
        let now = try readFile(onlineProcessors)
        if now == online { return }
        program.detach()
        for processor in numbers(inList: now) {
            try program.attach(breakpoint: address, processor: processor)
        }
        online = now
    }

    public func detach() { program.detach() }

    /// Of `audit_seccomp`: proc_kallsyms(5).
    private static func address() throws(DenialsUnseen) -> UInt64 {
        guard let symbols = try? readFile("/proc/kallsyms", limit: 64 << 20) else {
            throw DenialsUnseen(
                message: "denied system calls cannot be named: /proc/kallsyms is not there",
                hint: nil)
        }
        let wanted = Array(" T audit_seccomp".utf8)
        for line in symbols.utf8.split(separator: UInt8(ascii: "\n")) {
            guard line.count == 16 + wanted.count, line.dropFirst(16).elementsEqual(wanted),
                let address = UInt64(Substring(line.prefix(16)), radix: 16)
            else { continue }
            if address != 0 { return address }
            throw DenialsUnseen(
                message: "denied system calls cannot be named: the kernel hides its addresses",
                hint: "set the sysctl kernel.kptr_restrict to 1 or 0")
        }
        throw DenialsUnseen(
            message: "denied system calls cannot be named: this kernel has no audit_seccomp",
            hint: "a kernel with CONFIG_AUDITSYSCALL is needed")
    }
}

private let onlineProcessors = "/sys/devices/system/cpu/online"

/// Of a list such as `0-3,6`: cpuset(7), FORMATS.
func numbers(inList list: String) -> [Int] {
    var result: [Int] = []
    for range in list.utf8.split(whereSeparator: { $0 == UInt8(ascii: ",") || $0 == 10 }) {
        let ends = range.split(separator: UInt8(ascii: "-")).compactMap { Int(Substring($0)) }
        // More than any machine has is none that we understand.
        guard let first = ends.first, let last = ends.last, first <= last, last < 65_536 else {
            continue
        }
        result += first...last
    }
    return result
}
