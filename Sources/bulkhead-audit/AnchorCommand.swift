internal import Plan
internal import Syscalls

/// `bulkhead-audit anchor file PATH | command ARGV… | url URL`: for bulkheadd, which waits for nobody.
///
/// Standard input is one line, the signed head. Standard output gets `done`, or why it could not be put
/// there. It then ends with whatever it has started.
enum AnchorCommand {
    /// Of one head's line, with room.
    private static let lineBytesMax = 4_096
    private static let millisecondsMax: Int64 = 10_000
    private static let curl = "/usr/bin/curl"
    private static let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"]

    private struct Refusal: Error {
        let reason: String
    }

    static func run(_ words: [String]) -> Int32 {
        // What a program starts ends with us; before we are alone in our group, nobody may be ended.
        let isProgram = words.first != "file"
        // A supervisor that was killed reads nothing any more; what was started is to end all the same.
        guard let _ = try? SignalQueue([.SIGPIPE]) else { return 1 }
        if isProgram {
            do throws(SystemCallError) { try beginSession() } catch { return 1 }
        }
        let reason = attempt(words)
        // Where nobody reads it, nobody waits for it either.
        try? write(allOf: Array((printable(reason ?? "done") + "\n").utf8), to: 1)
        if isProgram { killOwnGroup() }
        return reason == nil ? 0 : 1
    }

    /// Nil: it is there.
    private static func attempt(_ words: [String]) -> String? {
        do {
            guard let kind = words.first, words.count > 1 else { return "no anchor is given" }
            switch kind {
            case "file": try append(to: words[1])
            case "command": try execute(Array(words.dropFirst()), hearsOutput: false)
            case "url": try post(to: words[1])
            default: return "\(kind) is no kind of anchor"
            }
            return nil
        } catch let refusal as Refusal {
            return refusal.reason
        } catch { return "\(error)" }
    }

    // MARK: File

    private static func append(to path: String) throws {
        let line = try FileDescriptor(owning: 0).readAll(limit: lineBytesMax)
        // Without waiting: a fifo that nobody reads is refused below, if the kernel does not before.
        let file = try open(
            path, [.readWrite, .append, .create, .noFollow, .nonBlocking, .noControllingTerminal],
            mode: 0o644, resolve: .noSymlinks)
        let status = try file.status()
        if status.kind != .regular { throw Refusal(reason: "\(path) is no regular file") }
        if status.user != effectiveUserID() || status.permissions & 0o022 != 0 {
            throw Refusal(reason: "\(path) is not root's alone to write")
        }
        if status.size + UInt64(line.count) > UInt64(AnchorFile.bytesMax) {
            throw Refusal(reason: "\(path) is full: put it away and an empty one is begun")
        }
        // Half a line may be there from a machine that lost its power; it is not cut off, for the file may
        // be one that can only grow.
        var isTorn = false
        if status.size > 0 {
            try file.seekToLastByte()
            isTorn = try file.read(upTo: 1) != [UInt8(ascii: "\n")]
        }
        try file.writeAll((isTorn ? [UInt8(ascii: "\n")] : []) + line)
        try file.synchronize()
        if status.size == 0 {
            try open(parent(of: path), [.readOnly, .directory]).synchronize()
        }
    }

    private static func parent(of path: String) -> String {
        let end = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.utf8.startIndex
        return end == path.utf8.startIndex ? "/" : String(path[..<end])
    }

    // MARK: Programs

    /// A server that redirects is not followed: where a head goes is for the configuration to say.
    private static func post(to url: String) throws {
        guard (try? open(curl, .path)) != nil else {
            throw Refusal(reason: "\(curl) is not there: install curl")
        }
        let isOpen = url.utf8.starts(with: "http://".utf8)
        let output = try execute(
            [
                curl, "-q", "--silent", "--show-error", "--fail", "--proto",
                isOpen ? "=http" : "=https", "--noproxy", isOpen ? "*" : "", "--globoff",
                "--max-redirs", "0", "--connect-timeout", "5", "--max-time", "8", "--max-filesize",
                "65536", "--header", "Content-Type: text/plain", "--header", "Expect:",
                "--data-binary", "@-", "--output", "/dev/null", "--write-out", "%{http_code}",
                "--url", url,
            ], hearsOutput: true)
        if output.count != 3 || output.first != UInt8(ascii: "2") {
            throw Refusal(reason: "the server answered \(String(decoding: output, as: UTF8.self))")
        }
    }

    /// Runs a program as nobody, with our standard input, and gives what it said on its standard output,
    /// as far as that is heard. What it says on its standard error is why it failed.
    @discardableResult
    private static func execute(_ words: [String], hearsOutput: Bool) throws -> [UInt8] {
        try becomeNobody()
        let (said, saying) = try pipe(nonBlocking: true).split()
        let (complained, complaining) = try pipe(nonBlocking: true).split()
        let output = FileDescriptor(owning: said)
        let complaint = FileDescriptor(owning: complained)
        let child = try start(
            words, FileDescriptor(owning: saying), FileDescriptor(owning: complaining), hearsOutput)
        var (heard, why): ([UInt8], [UInt8]) = ([], [])
        let deadline = monotonicMicroseconds() / 1_000 + millisecondsMax
        while true {
            let rest = deadline - monotonicMicroseconds() / 1_000
            if rest <= 0 {
                throw Refusal(reason: "it was not done after \(millisecondsMax / 1_000) s")
            }
            var entries = [
                PollEntry(child.descriptor.number, .readable), PollEntry(output.number, .readable),
                PollEntry(complaint.number, .readable),
            ]
            try poll(&entries, timeoutMilliseconds: min(rest, 100))
            take(&heard, from: output)
            take(&why, from: complaint)
            if entries[0].occurred == [] { continue }
            take(&heard, from: output)
            take(&why, from: complaint)
            switch try child.wait().status {
            case .exited(code: 0): return heard
            case .exited(let code): throw failure("it ended with status \(code)", why)
            case .killed(let signal, _):
                throw failure("it was killed by \(Signal(rawValue: signal).name)", why)
            }
        }
    }

    private static func start(
        _ words: [String], _ output: consuming FileDescriptor,
        _ complaint: consuming FileDescriptor,
        _ hearsOutput: Bool
    ) throws -> ProcessHandle {
        try spawnProgram(
            words[0], arguments: words, environment: environment,
            descriptors: [0, hearsOutput ? output.number : nil, complaint.number])
    }

    /// All that is there now; what is too long to be told is not kept.
    private static func take(_ bytes: inout [UInt8], from pipe: borrowing FileDescriptor) {
        // Nothing there is an error too, and means that it is enough.
        while let piece = try? pipe.read(upTo: 4_096), !piece.isEmpty {
            bytes += piece.prefix(max(0, 1_024 - bytes.count))
        }
    }

    private static func failure(_ what: String, _ why: [UInt8]) -> Refusal {
        let line = why.split(separator: UInt8(ascii: "\n")).first.map {
            String(decoding: $0.prefix(200), as: UTF8.self)
        }
        return Refusal(reason: line.map { "\(what): \($0)" } ?? what)
    }
}
