import Plan

/// Any text as each of the values that an operator writes: read, or refused with an error of one
/// line. What is read is within its bounds and, where it can be printed, means the same when it is
/// read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    attempt { () throws(InvalidValue) in _ = try EnvironmentFile(parsing: bytes, path: "x.env") }
    // Arguments that are not UTF-8 are refused before any parser sees them.
    guard let text = String(validating: bytes, as: UTF8.self) else { return 0 }
    attempt { () throws(InvalidValue) in
        let size = try Bytes(parsing: text, for: "it")
        precondition(size <= Bytes.most)
        // try? and not try: what was printed has to be readable.
        guard let again = try? Bytes(parsing: size.description, for: "it") else {
            preconditionFailure("\(size) cannot be read again")
        }
        precondition(again <= size && size.count - again.count <= size.count / 10)
    }
    attempt { () throws(InvalidValue) in
        let share = try CPUBandwidth(parsing: text, for: "it")
        precondition(share >= .least && share <= .most)
        precondition((try? CPUBandwidth(parsing: share.description, for: "it")) == share)
    }
    attempt { () throws(InvalidValue) in
        let time = try Milliseconds(parsing: text, for: "it")
        precondition(time <= Milliseconds.most)
        precondition((try? Milliseconds(parsing: time.description, for: "it")) == time)
    }
    attempt { () throws(InvalidValue) in
        let path = try PlainPath(onHost: text, base: "/srv/u", for: "it")
        precondition(path.text.utf8.first == UInt8(ascii: "/"))
        precondition(path.text.utf8.count <= PlainPath.bytesMax)
        precondition((try? PlainPath(inSandbox: path.text, for: "it")) == path)
    }
    attempt { () throws(InvalidValue) in
        let grant = try Grant(parsing: text, access: .readOnly, base: "/srv/u", for: "it")
        precondition(grant.at != "/")
    }
    attempt { () throws(InvalidValue) in
        guard case .tmpfs(_, let size) = try Grant(parsingTmpfs: text, for: "it") else {
            preconditionFailure("a tmpfs that is none")
        }
        precondition(size.map { $0 >= .kibibytes(4) } ?? true)
    }
    attempt { () throws(InvalidValue) in
        let limit = try IOLimit(parsing: text, base: "/srv/u", for: "it")
        precondition(limit.readBytesPerSecond?.count != 0 && limit.readOperationsPerSecond != 0)
    }
    attempt { () throws(InvalidValue) in
        let variable = try EnvironmentVariable(parsing: text, for: "it")
        precondition(variable.assignment == text)
    }
    attempt { () throws(InvalidValue) in
        let identity = try Identity(parsing: text, for: "it")
        precondition(max(identity.user, identity.group) <= Identity.idMax)
    }
    attempt { () throws(InvalidValue) in _ = try Hostname(parsing: text, for: "it") }
    attempt { () throws(InvalidValue) in _ = try SandboxName(text) }
    attempt { () throws(InvalidValue) in
        let name = try CapabilityName(parsing: text, for: "it").text
        precondition(name.utf8.allSatisfy { $0 < 0x80 })
    }
    attempt { () throws(InvalidValue) in
        _ = try ProfileReference(parsing: text, base: "/srv/u", for: "it")
    }
    return 0
}

private func attempt(_ parse: () throws(InvalidValue) -> Void) {
    do throws(InvalidValue) { try parse() } catch {
        let lines = [error.message, error.hint ?? ""].joined()
        precondition(lines.unicodeScalars.allSatisfy { $0.value >= 0x20 })
        precondition(!error.reason.isEmpty)
    }
}
