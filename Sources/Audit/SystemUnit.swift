/// The unit of the machine's systemd that a process is in, as sd_pid_get_unit(3) finds it: the first part
/// of its cgroup's path that is no slice. What is below that, such as the units of a user's own systemd,
/// has names that the user chooses.
///
/// - Parameter text: of /proc/PID/cgroup: cgroups(7).
/// - Returns: `session-3.scope`, `user@1000.service`; nil where it is in none.
public func systemUnit(inCgroups text: String) -> String? {
    var legacy: String?
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
        // A number, controllers, and the path, which may have colons in it.
        let parts = line.split(
            separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { continue }
        if parts[0].elementsEqual("0".utf8), parts[1].isEmpty,
            let unit = systemUnit(ofPath: parts[2])
        {
            return unit
        }
        if parts[1].elementsEqual("name=systemd".utf8) { legacy = systemUnit(ofPath: parts[2]) }
    }
    return legacy
}

private func systemUnit(ofPath path: Substring.UTF8View) -> String? {
    for part in path.split(separator: UInt8(ascii: "/")) {
        // An underscore keeps names apart from files of the kernel's.
        let name = part.first == UInt8(ascii: "_") ? part.dropFirst() : part
        guard name.count <= unitNameBytesMax, name.allSatisfy(isOfUnitName) else { return nil }
        let text = String(decoding: Array(name), as: UTF8.self)
        if text.hasSuffix(".slice") { continue }
        return text.hasSuffix(".service") || text.hasSuffix(".scope") ? text : nil
    }
    return nil
}

/// systemd.unit(5)
private let unitNameBytesMax = 255

private func isOfUnitName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "-"),
        UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "@"):
        true
    default: false
    }
}
