internal import Audit
internal import Plan

/// A record as one line of JSON: what Bulkhead wrote under its fields' names in small letters and without
/// `BULKHEAD_`, and beneath `writer` what journald says of who wrote it.
public func auditJSON(_ event: AuditEvent) -> String {
    var members: [String] = []
    func add(_ name: String, _ value: String) { members.append("\(jsonString(name)):\(value)") }
    add("at_us", String(event.at))
    add("received_us", String(event.received))
    add("trusted", event.isTrusted ? "true" : "false")
    if let distrust = event.distrust { add("distrust", jsonString(distrust.text)) }
    add("republished", event.isRepublished ? "true" : "false")
    add("event", jsonString(event.event))
    add("priority", String(event.priority))
    add("message", jsonString(event.text(AuditField.message)))
    for (name, value) in event.fields.sorted(by: { $0.key < $1.key }) {
        guard let short = shortName(name), !ownNames.contains(short) else { continue }
        add(short, numbers.contains(short) ? number(value) : jsonString(value))
    }
    var writer: [String] = []
    for (field, name) in writerNames {
        guard let value = event.fields[field] else { continue }
        let text = ["uid", "pid"].contains(name) ? number(value) : jsonString(value)
        writer.append("\(jsonString(name)):\(text)")
    }
    add("writer", "{\(writer.joined(separator: ","))}")
    return "{\(members.joined(separator: ","))}\n"
}

/// Said by this program, and by no field that anybody may write.
private let ownNames: Set<String> = [
    "at", "at_us", "received_us", "trusted", "distrust", "republished", "event", "priority",
    "message",
    "writer", "object_pid", "message_id",
]

private let numbers: Set<String> = [
    "seq", "run", "actor_uid", "actor_gid", "actor_login_uid", "actor_pid", "count", "action",
    "head_seq", "old_seq", "sign_every", "sign_every_records", "version", "run_uid", "run_gid",
    "session", "duration", "bytes",
]

private let writerNames = [
    ("_UID", "uid"), ("_PID", "pid"), ("_EXE", "exe"), ("_COMM", "comm"),
    ("_SYSTEMD_UNIT", "unit"), ("_BOOT_ID", "boot_id"), ("_MACHINE_ID", "machine_id"),
    ("_HOSTNAME", "hostname"),
]

/// Nil where the field is none of ours, or has a name that journald would not take.
private func shortName(_ field: String) -> String? {
    guard field.utf8.starts(with: "BULKHEAD_".utf8) else { return nil }
    let name = field.utf8.dropFirst("BULKHEAD_".utf8.count)
    if name.isEmpty || name.count > 64 { return nil }
    var text = ""
    for byte in name {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"):
            text.unicodeScalars.append(Unicode.Scalar(byte + 32))
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            text.unicodeScalars.append(Unicode.Scalar(byte))
        default: return nil
        }
    }
    return text
}

/// What is no number stays the text that it is.
private func number(_ text: String) -> String {
    guard let number = UInt64(text), String(number) == text else { return jsonString(text) }
    return text
}
