/// A field of /proc/self/mountinfo as it was meant: there blanks, tabs, newlines and backslashes are
/// written as a backslash and three octal digits (proc_pid_mountinfo(5)).
public func unescapedMountinfo(_ field: some Collection<UInt8>) -> String {
    var result: [UInt8] = []
    var rest = Array(field)[...]
    while let byte = rest.popFirst() {
        let digits = rest.prefix(3)
        if byte == UInt8(ascii: "\\"), digits.count == 3,
            let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
        {
            result.append(value)
            rest = rest.dropFirst(3)
        } else {
            result.append(byte)
        }
    }
    return String(decoding: result, as: UTF8.self)
}
