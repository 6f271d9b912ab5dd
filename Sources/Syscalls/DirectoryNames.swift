internal import CLinux

/// Gives `body` the bytes of every name in an open directory, `.` and `..` too, until it says that it
/// has enough. The corresponding call is getdents64(2).
func readNames(
    of directory: CInt, _ body: (ArraySlice<UInt8>) -> Bool
) throws(SystemCallError) {
    // A descriptor that is held longer may have been read before.
    try checked("lseek", on: "descriptor \(directory)") { bh_lseek(directory, 0, 0) }
    // Linux: struct linux_dirent64 is inode 8, offset 8, record length 2, type 1, name.
    var buffer = [UInt8](repeating: 0, count: 32_768)
    while true {
        let size = buffer.count
        let count = Int(
            try checked("getdents64", on: "descriptor \(directory)") {
                bh_getdents64(directory, &buffer, size)
            })
        if count == 0 { return }
        var offset = 0
        while offset < count {
            let length = Int(buffer[offset + 16]) | Int(buffer[offset + 17]) << 8
            if !body(buffer[(offset + 19)..<(offset + length)].prefix(while: { $0 != 0 })) {
                return
            }
            offset += length
        }
    }
}
