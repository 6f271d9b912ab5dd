internal import Cgroups
internal import Configuration
internal import Launch
internal import Plan
internal import SupervisorInterface
internal import Syscalls

/// What the supervisor says of this host.
extension HostServices {
    /// Where sockets and the ledger are; systemd makes them for the unit, we for everybody else.
    func makeDirectories() throws(SystemCallError) {
        for (path, mode) in [
            (options.run, UInt32(0o755)), (options.sandboxes, 0o700), (options.state, 0o700),
            (options.recordings, 0o700),
        ] {
            let parent = try open("/", .path)
            do {
                try Directory(parent).makeDirectory(String(path.drop { $0 == "/" }), mode: mode)
            } catch  where error.errno == .EEXIST {}
        }
    }

    /// Whose members may call, beside root; without such a group nobody else may.
    var group: UInt32? {
        // A machine whose groups cannot be read has nobody who could be a member.
        (try? groupNumber(ControlInterface.groupName)) ?? nil
    }

    /// What a user is called, for records and people; nil where /etc/passwd has it not.
    func userName(_ user: UInt32) -> String? { UserDatabase.name(of: user).map { printable($0) } }

    func cgroupComponent() -> Component {
        do throws(CgroupError) {
            let found = try CgroupHost.probe(parent: options.cgroupParent)
            let missing = found.missingControllers().map { $0.controller.rawValue }
            let place = found.parentPath ?? "nowhere"
            return Component(
                name: "cgroups", isWell: missing.isEmpty && found.obstacle == nil,
                text: found.obstacle?.message
                    ?? "\(found.driver.rawValue) below \(place)"
                    + (missing.isEmpty ? "" : ", without \(commaSeparated(missing))"))
        } catch {
            return Component(name: "cgroups", isWell: false, text: error.message)
        }
    }

    func journalComponent() -> Component {
        let path = resources.journalSocket
        let isThere = (try? open(path, .path)) != nil
        return Component(
            name: "journal", isWell: isThere,
            text: isThere ? path : "\(path) is not there: workloads log nowhere")
    }

    /// `12.4M resident`.
    func residentText() -> String {
        guard let status = try? readFile("/proc/self/status"),
            let kibibytes = kibibytes(of: "VmRSS", in: status)
        else { return "" }
        return "\(Bytes(kibibytes * 1_024)) resident"
    }

}

/// `a, b, c`.
func commaSeparated(_ words: [String]) -> String {
    var text = ""
    for word in words { text += text.isEmpty ? word : ", \(word)" }
    return text
}

extension MachineCapacity {
    /// What this machine has: proc_meminfo(5), and the processors that are online.
    static func read() throws(SystemCallError) -> MachineCapacity {
        let memory = kibibytes(of: "MemTotal", in: try readFile("/proc/meminfo")) ?? 0
        let online = try readFile("/sys/devices/system/cpu/online")
        return MachineCapacity(
            memory: Bytes(memory * 1_024),
            processors: CPUBandwidth(millicores: UInt32(countOfList(online)) * 1_000))
    }

    /// What could be used now without anything being paged out: proc_meminfo(5).
    static func availableMemory() -> Bytes {
        let text = (try? readFile("/proc/meminfo")) ?? ""
        return Bytes((kibibytes(of: "MemAvailable", in: text) ?? 0) * 1_024)
    }

    /// How many numbers a list such as `0-3,6` has.
    private static func countOfList(_ text: String) -> Int {
        var count = 0
        for range in text.utf8.split(separator: UInt8(ascii: ",")) {
            let ends = range.split(separator: UInt8(ascii: "-")).map { digits in
                digits.reduce(0) { sum, byte in
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        ? sum * 10 + Int(byte & 15) : sum
                }
            }
            guard let first = ends.first, let last = ends.last, last >= first else { continue }
            count += last - first + 1
        }
        return max(1, count)
    }
}

/// The number in a line `NAME:   123 kB`.
private func kibibytes(of name: String, in text: String) -> UInt64? {
    for line in text.utf8.split(separator: UInt8(ascii: "\n"))
    where line.starts(with: "\(name):".utf8) {
        return line.reduce(0) { sum, byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                ? sum &* 10 &+ UInt64(byte & 15) : sum
        }
    }
    return nil
}
