extension Notifications {
    /// What a datagram says, as in sd_notify(3): lines, of which those that are not known say nothing.
    init(text: ArraySlice<UInt8>) {
        var all: Notifications = []
        var rest = text
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(line.count + 1)
            if line.isText("READY=1") { all.insert(.ready) }
            if line.isText("WATCHDOG=1") { all.insert(.watchdog) }
            if line.isText("STOPPING=1") { all.insert(.stopping) }
        }
        self = all
    }
}

/// Whether a datagram asks for notices: `BULKHEAD_NOTICES=1`.
func asksForNotices(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    while !rest.isEmpty {
        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
        rest = rest.dropFirst(line.count + 1)
        if line.isText("BULKHEAD_NOTICES=1") { return true }
    }
    return false
}

extension ArraySlice<UInt8> {
    fileprivate func isText(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { unsafe elementsEqual($0) }
    }
}
