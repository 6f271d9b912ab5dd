internal import CEditLine
public import Plan

/// Lines edited on the terminal of standard input, with a history and completion: editline(3). A
/// program has at most one.
public struct LineEditor: ~Copyable {
    public enum Line {
        case text(String)
        /// Ctrl-C.
        case interrupted
        case end
    }

    /// What Tab makes of the line in front of the cursor.
    public struct Completion {
        /// What is inserted at the cursor.
        public let insertion: String
        /// What is printed below the line: the words that there are.
        public let choices: [String]

        public init(insertion: String, choices: [String]) {
            self.insertion = insertion
            self.choices = choices
        }
    }

    /// Lines of the past that are kept.
    private static let linesMax: Int32 = 1_000

    private let historyPath: String?

    /// - Parameters:
    ///   - prompt: at most 63 bytes.
    ///   - historyPath: a file that exists; nil: nothing is kept.
    ///   - complete: is given what stands in front of the cursor.
    public init(
        prompt: String, historyPath: String?, complete: @escaping (String) -> Completion
    ) throws(LineEditingError) {
        // A C function cannot hold a closure, and there is one editor.
        completionOfTheEditor = complete
        var text = [CChar](repeating: 0, count: 256)
        let size = text.count
        let result = bh_editor_open(prompt, completeByClosure, &text, size)
        if result < 0 {
            let words = text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
            throw LineEditingError(reason: String(decoding: words, as: UTF8.self))
        }
        self.historyPath = historyPath
        bh_editor_load(historyPath ?? "/dev/null", Self.linesMax)
        // It cannot fail for these two signals.
        _ = bh_editor_survive_signals()
    }

    deinit {
        bh_editor_close()
        completionOfTheEditor = nil
    }

    /// Shows the prompt and waits for a line.
    public func next() -> Line {
        var count: Int32 = 0
        guard let line = bh_editor_line(&count), count > 0 else {
            return count < 0 ? .interrupted : .end
        }
        let bytes = UnsafeRawBufferPointer(start: line, count: Int(count))
        let end = bytes.last == UInt8(ascii: "\n") ? bytes.count - 1 : bytes.count
        return .text(String(decoding: bytes[..<end], as: UTF8.self))
    }

    /// Keeps a line for later, also after this program has ended.
    public func remember(_ line: String) {
        bh_editor_remember(line)
        // A history that cannot be written is one that is short.
        if let historyPath { _ = bh_editor_save(historyPath) }
    }
}

/// Why lines cannot be edited.
public struct LineEditingError: Diagnosable, Hashable {
    let reason: String

    public var message: String {
        "lines cannot be edited here: \(reason.isEmpty ? "libedit cannot be used" : reason)"
    }

    public var hint: String? {
        "install it: apt-get install libedit2; or give the lines on standard input: bulkhead shell <FILE"
    }
}

// Of one thread, as this program is.
nonisolated(unsafe) private var completionOfTheEditor: ((String) -> LineEditor.Completion)?

private func completeByClosure(
    _ line: UnsafePointer<CChar>?, _ length: Int, _ result: UnsafeMutablePointer<CChar>?,
    _ size: Int
) -> Int32 {
    guard let line, let result, let complete = completionOfTheEditor else { return 0 }
    let text = String(
        decoding: UnsafeRawBufferPointer(start: line, count: length), as: UTF8.self)
    let completion = complete(text)
    let insertion = Array(completion.insertion.utf8)
    if insertion.count < size {
        for (index, byte) in insertion.enumerated() { result[index] = CChar(bitPattern: byte) }
        result[insertion.count] = 0
    }
    if completion.choices.isEmpty { return 0 }
    printBelow(completion.choices)
    return 1
}
