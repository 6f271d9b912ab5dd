/// What a recorder is to do, and how it is told: the words of its command line, and then packets on a
/// socket, each a role and the descriptor that has it.
public struct RecorderOrder: Hashable, Sendable {
    /// A letter each; what is given is the recorder's from then on.
    public enum Role: UInt8, Hashable, Sendable {
        /// The recording: begun, and open to be appended to.
        case file = 0x66
        /// Our side of the terminal that the caller has the other side of.
        case outer = 0x74
        /// The controlling side of the workload's terminal. It comes last, and begins the session.
        case controller = 0x63
        /// What the caller sends, and where the workload reads it.
        case inputSource = 0x69
        case inputTarget = 0x49
        /// What the workload writes, and where the caller reads it.
        case outputSource = 0x6F
        case outputTarget = 0x4F
        case errorSource = 0x65
        case errorTarget = 0x45
        /// Without a descriptor: the pipes are all there, and the session begins.
        case begin = 0x2E
        /// Without a descriptor: the session is over, and what is not read yet is somebody else's. In line
        /// with all before, which a signal is not.
        case end = 0x21
        /// Without a descriptor: what was run is over, and what it has said is carried to its end.
        case drain = 0x24
    }

    /// Whether what the caller sends is recorded too.
    public let recordsInput: Bool
    /// The file is never longer, in bytes.
    public let sizeMax: Int64
    /// When the recording began: microseconds of CLOCK_MONOTONIC.
    public let began: Int64

    public init(recordsInput: Bool, sizeMax: Int64, began: Int64) {
        self.recordsInput = recordsInput
        self.sizeMax = sizeMax
        self.began = began
    }

    public var words: [String] {
        [recordsInput ? "all" : "output", String(sizeMax), String(began)]
    }

    /// Nil where these are no order's.
    public init?(words: [String]) {
        guard words.count == 3, words[0] == "all" || words[0] == "output",
            let sizeMax = Int64(words[1]), let began = Int64(words[2])
        else { return nil }
        self.init(recordsInput: words[0] == "all", sizeMax: sizeMax, began: began)
    }

    /// The byte of a recording's file that its recorder has locked for as long as it lives.
    public static let lockedByte: Int64 = 0
    /// The recorder's socket.
    public static let socket: Int32 = 3
}
