public import Plan

/// How the audit trail is signed, and where its heads are put outside.
public struct AuditSettings: Hashable, Sendable {
    /// A place that a head's line goes to.
    public enum Anchor: Hashable, Sendable, CustomStringConvertible {
        /// A file that is appended to.
        case file(path: String)
        /// A program that gets the line on its standard input.
        case command([String])
        /// What the line is sent to by POST.
        case url(String)

        public var description: String {
            switch self {
            case .file(let path): "file \(path)"
            case .command(let words): "command \(words.joined(separator: " "))"
            case .url(let url): url
            }
        }
    }

    /// What is recorded of sessions: of what people run with streams of their own.
    public enum SessionRecording: String, Hashable, Sendable, CaseIterable {
        case none
        /// What they are shown.
        case output
        /// What they type or send, too.
        case all
    }

    public static let standardRecords: UInt32 = 1_000
    public static let standardTime = Milliseconds(60_000)
    public static let standardRecordingMax = Bytes(64 << 20)

    /// As many records at most stay unsigned.
    public var signEveryRecords = Self.standardRecords
    /// As long at most.
    public var signEvery = Self.standardTime
    public var anchors: [Anchor] = []
    public var recordSessions = SessionRecording.none
    /// A session ends when its recording would be larger.
    public var recordingMax = Self.standardRecordingMax

    public init() {}
}
