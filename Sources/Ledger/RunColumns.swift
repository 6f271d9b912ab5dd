internal import Plan

/// The columns that a run's state is kept in.
struct StateColumns {
    /// 0 intended, 1 running, 2 refused, 3 ended; what is above 1 changes no more.
    var state: Int64
    var pid: Int64?
    /// Of an ended run: 0 to 255 its exit code, 256 and the signal that killed it, 512 lost.
    var result: Int64?
    var text: String

    init(_ state: RunRow.State) {
        text = ""
        switch state {
        case .intended: self.state = 0
        case .running(let pid):
            self.state = 1
            self.pid = Int64(pid)
        case .refused(let reason):
            self.state = 2
            text = reason
        case .ended(let end, let cause):
            self.state = 3
            text = cause
            result =
                switch end {
                case .exited(let code): Int64(code)
                case .killed(let signal): Self.killed + Int64(signal)
                case .lost: Self.lost
                }
        }
    }

    private static let killed: Int64 = 256
    private static let lost: Int64 = 512

    /// The state; nil where columns say what no state says.
    static func state(_ state: Int64, pid: Int64?, result: Int64?, text: String) -> RunRow.State? {
        switch (state, result) {
        case (0, _): return .intended
        case (1, _):
            guard let pid, let number = Int32(exactly: pid) else { return nil }
            return .running(pid: number)
        case (2, _): return .refused(reason: text)
        case (3, lost): return .ended(.lost, cause: text)
        case (3, let result?):
            if let code = UInt8(exactly: result) { return .ended(.exited(code: code), cause: text) }
            guard let signal = UInt8(exactly: result - killed) else { return nil }
            return .ended(.killed(signal: signal), cause: text)
        default: return nil
        }
    }
}

/// A command as one row's bytes: each argument with a NUL behind it, as /proc/PID/cmdline has it.
enum CommandBytes {
    static func encode(_ command: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for argument in command {
            let length = argument.utf8.count + 1
            if bytes.count + length > LedgerLimit.commandBytes { break }
            bytes.append(contentsOf: argument.utf8)
            bytes.append(0)
        }
        return bytes
    }

    static func decode(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
    }
}
