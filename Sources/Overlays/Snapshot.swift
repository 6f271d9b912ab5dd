public import Plan

/// A copy of a project's storage, kept beside it.
public struct Snapshot: Hashable, Sendable {
    public enum Form: String, Hashable, Sendable {
        /// A file with a file system in it.
        case image
        case tree
    }

    public let name: WorkloadName
    public let form: Form
    /// Nanoseconds since the epoch.
    public let takenAt: Int64
    /// On the disk when it was taken; blocks that are shared are counted too.
    public let bytes: UInt64
    /// Of an overlay's layer: when the first change in it was made, in nanoseconds since the epoch.
    let changedAt: Int64

    init(_ name: WorkloadName, _ form: Form, takenAt: Int64, bytes: UInt64, changedAt: Int64) {
        self.name = name
        self.form = form
        self.takenAt = takenAt
        self.bytes = bytes
        self.changedAt = changedAt
    }

    /// What its file says.
    init?(_ name: WorkloadName, parsing text: String) {
        let fields = text.utf8.prefix { $0 != UInt8(ascii: "\n") }
            .split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
        guard fields.count == 4, let form = Form(rawValue: fields[0]), let at = Int64(fields[1]),
            let bytes = UInt64(fields[2]), let changedAt = Int64(fields[3])
        else { return nil }
        self.init(name, form, takenAt: at, bytes: bytes, changedAt: changedAt)
    }

    var text: String { "\(form.rawValue) \(takenAt) \(bytes) \(changedAt)\n" }
}
