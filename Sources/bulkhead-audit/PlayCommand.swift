internal import Plan
internal import Recording
internal import Syscalls

/// `bulkhead audit play`: a recording, as it was shown, or as text.
enum PlayCommand {
    private struct Options {
        var file = ""
        var state = "/var/lib/bulkhead"
        /// So many times as fast.
        var speed = 1.0
        var isText = false
        var isInput = false

        init(parsing words: [String]) throws(InvalidValue) {
            var words = OptionWords(words)
            while let option = words.next() {
                switch option {
                case "--file": file = try words.value(of: option)
                case "--state": state = try words.value(of: option)
                case "--speed":
                    let text = try words.value(of: option)
                    guard let factor = Double(text), factor > 0 else {
                        throw InvalidValue(option, text, "is no factor")
                    }
                    speed = factor
                case "--text": isText = true
                case "--input": isInput = true
                default: throw OptionWords.unknown(option)
                }
            }
        }

        /// A name alone is one of this machine's recordings.
        var path: String {
            file.utf8.contains(UInt8(ascii: "/")) ? file : "\(state)/recordings/\(file)"
        }
    }

    /// Nobody waits longer for what comes next, in seconds.
    private static let pauseMax = 3.0
    private static let pieceSize = 65_536
    /// More than a line has: a piece of a session, each byte six characters.
    private static let lineBytesMax = 1 << 20

    static func run(_ words: [String]) -> Int32 {
        do {
            try play(try Options(parsing: words))
            return 0
        } catch {
            report(error)
            return error is InvalidValue ? 2 : 1
        }
    }

    private static func play(_ options: Options) throws {
        let file: FileDescriptor
        do { file = try open(options.path, [.readOnly]) } catch {
            throw PlayError(path: options.path, reason: "\(error.errno)")
        }
        let isText = options.isText || !isTerminal(1)
        var plain = PlainText()
        var before = 0.0
        var isWhole = false
        var isHeader = true
        var rest: [UInt8] = []
        while true {
            let piece = try file.read(upTo: pieceSize)
            rest += piece
            var lines = rest.split(
                separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            rest = Array(lines.removeLast())
            for line in lines {
                if isHeader {
                    guard Cast.isHeader(Array(line)) else {
                        throw PlayError(path: options.path, reason: "it is no recording")
                    }
                    isHeader = false
                    continue
                }
                guard let event = CastEvent(line: Array(line)) else {
                    throw PlayError(path: options.path, reason: "a line of it is no event")
                }
                isWhole =
                    event.code == .marker
                    && (Cast.End(rawValue: event.text)?.isComplete ?? false)
                guard event.code == (options.isInput ? .input : .output) else { continue }
                if !isText { pause(event.seconds - before, options.speed) }
                before = event.seconds
                if try !say(isText ? plain.text(of: event.text) : event.text) { return }
            }
            if piece.isEmpty { break }
            if rest.count > lineBytesMax {
                throw PlayError(path: options.path, reason: "it is no recording")
            }
        }
        if isHeader { throw PlayError(path: options.path, reason: "it is no recording") }
        if !isWhole {
            try? write(
                allOf: Array("bulkhead-audit: the recording does not come to its end\n".utf8), to: 2
            )
        }
    }

    private static func pause(_ seconds: Double, _ speed: Double) {
        // However slow it is wanted: a day is as long as any.
        let milliseconds = min(min(max(seconds, 0), pauseMax) / speed * 1_000, 86_400_000)
        if milliseconds >= 1 { sleep(milliseconds: Int64(milliseconds)) }
    }
}

private struct PlayError: Diagnosable {
    let path: String
    let reason: String

    var message: String { "the recording \(quoted(path)) cannot be played: \(reason)" }
    var hint: String? {
        effectiveUserID() == 0
            ? "the names of all are in: bulkhead audit recordings"
            : "recordings are for root alone: sudo bulkhead audit play FILE"
    }
}
