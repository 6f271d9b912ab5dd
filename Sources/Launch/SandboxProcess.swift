public import Plan
internal import Syscalls

/// One process of a sandbox, as the kernel has it at this moment.
public struct SandboxProcess: Hashable, Sendable {
    /// Nil: it is init.
    public let workload: WorkloadName?
    public let run: RunID?
    /// On this host, and in the sandbox.
    public let pid: Int32
    public let pidInside: Int32
    /// Inside the sandbox; 65,534 for one that has none there.
    public let user: UInt32
    /// A letter of proc_pid_stat(5).
    public let state: String
    public let memory: Bytes
    /// Of it alone, in microseconds.
    public let cpuTime: UInt64
    /// Its command line, as it has it now, or `[name]`; whatever it likes to be called.
    public let command: String

    /// Nil where it ended meanwhile, or its number means another process.
    ///
    /// - Parameter isMember: whether a pid is still in the leaf where it was found.
    init?(
        _ pid: Int32, workload: WorkloadName?, run: RunID?, range: IDRange,
        isMember: () -> Bool
    ) {
        // One directory for all: what was opened of it is of that process or nothing.
        guard let directory = try? Directory(opening: "/proc/\(pid)"),
            let status = try? directory.readFile("status"),
            let stat = try? directory.readFile("stat"),
            let close = stat.utf8.lastIndex(of: UInt8(ascii: ")")), isMember()
        else { return nil }
        // The first of these is field 3; 14 and 15 are the processor time.
        let fields = stat[stat.utf8.index(after: close)...].split(separator: " ")
        guard fields.count > 12 else { return nil }
        var table: [Substring: Substring] = [:]
        for line in status.split(separator: "\n") {
            guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { continue }
            table[line[..<colon]] = line[line.utf8.index(after: colon)...]
        }
        func numbers(_ key: Substring) -> [UInt64] {
            (table[key] ?? "").split { $0 == "\t" || $0 == " " }.compactMap { UInt64($0) }
        }
        self.pid = pid
        self.workload = workload
        self.run = run
        // The innermost namespace is last.
        pidInside = Int32(clamping: numbers("NSpid").last ?? 0)
        let user = UInt32(clamping: numbers("Uid").first ?? 0)
        self.user =
            user >= range.base && user - range.base < IDRange.count ? user - range.base : 65_534
        state = String(fields[0])
        memory = Bytes((numbers("VmRSS").first ?? 0) * 1_024)
        let ticks = (UInt64(fields[11]) ?? 0) + (UInt64(fields[12]) ?? 0)
        cpuTime = ticks * microsecondsPerTick
        command = Self.command(directory, name: table["Name"] ?? "")
    }

    private static func command(_ directory: borrowing Directory, name: Substring) -> String {
        var words = ""
        if let file = try? open("cmdline", at: directory.number),
            let bytes = try? file.read(upTo: commandBytesMax)
        {
            for word in bytes.split(separator: 0) {
                if !words.isEmpty { words += " " }
                words += String(decoding: word, as: UTF8.self)
            }
        }
        return words.isEmpty ? "[\(name.drop { $0 == "\t" })]" : words
    }
}

/// What a list shows of a command line.
private let commandBytesMax = 1_024

/// sysconf(3), _SC_CLK_TCK: 100 a second on x86-64.
private let microsecondsPerTick: UInt64 = 10_000

/// The number of a process in its own pid namespace; nil where it is gone.
func numberInside(_ pid: Int32) -> UInt32? {
    guard let status = try? readFile("/proc/\(pid)/status") else { return nil }
    for line in status.split(separator: "\n") where line.hasPrefix("NSpid:") {
        return line.split(separator: "\t").last.flatMap { UInt32($0) }
    }
    return nil
}
