internal import Audit
internal import AuditReading
internal import Plan
internal import Syscalls

/// `bulkhead-audit confirm`: for bulkheadd, which may not look into the journal's files itself.
///
/// Standard input has lines `NUMBER HASH`, and before them `chain CHAIN` where it is asked for
/// `end CHAIN NUMBER HASH`: where that chain, and the last one beside it, end in the journal, of both the one
/// that was signed or begun last as the last line. Waits until journald has written what it was given, then
/// writes the numbers that the journal has not, a line each, and `done`. Whoever reads no `done` knows
/// nothing. It ends with status 3 where journald keeps nothing.
enum ConfirmCommand {
    private static let inputBytesMax = 1 << 20
    private static let journald = "/run/systemd/journal/io.systemd.journal"
    private static let noJournalStatus: Int32 = 3
    /// How long journald may take to write what it has.
    private static let patienceMilliseconds: Int64 = 10_000

    static func run(_ words: [String]) -> Int32 {
        do throws(SystemCallError) {
            let input = try FileDescriptor(owning: 0).readAll(limit: inputBytesMax)
            // As long as it is root's: nobody else may ask for it.
            try synchronize()
            // All of its files, whoever else may read them: one that could not be opened would look as
            // if it had nothing. What is in them is looked at without rights.
            guard let journal = try? JournalPresence(namespace: namespace(words)) else {
                try write(allOf: Array("bulkhead-audit: there is no journal to read\n".utf8), to: 2)
                return noJournalStatus
            }
            guard try becomeJournalReader() else {
                throw SystemCallError("getgrnam_r", on: journalGroup, .ENOENT)
            }
            var output = ""
            for line in input.split(separator: UInt8(ascii: "\n")) {
                let words = line.split(separator: UInt8(ascii: " "))
                guard words.count == 2 else { continue }
                if words[0].elementsEqual("chain".utf8) {
                    output += try ends(String(decoding: words[1], as: UTF8.self), in: journal)
                    continue
                }
                let hash = String(decoding: words[1], as: UTF8.self)
                if try !journal.hasEntry(with: "BULKHEAD_HASH=\(hash)") {
                    output += "\(String(decoding: words[0], as: UTF8.self))\n"
                }
            }
            try write(allOf: Array((output + "done\n").utf8), to: 1)
            return 0
        } catch {
            // Where nobody reads it, nobody waits for it either.
            try? write(allOf: Array("bulkhead-audit: \(error)\n".utf8), to: 2)
            return 1
        }
    }

    private static func namespace(_ words: [String]) -> String? {
        words.count == 2 && words[0] == "--namespace" ? words[1] : nil
    }

    /// Where chains end: the one that is named, and the last beside it; behind the other whichever the journal
    /// goes on with.
    private static func ends(
        _ chain: String, in journal: borrowing JournalPresence
    ) throws(SystemCallError) -> String {
        var text = ""
        let last = try journal.lastChain(otherThan: nil)
        let other = last == chain ? try journal.lastChain(otherThan: chain) : last
        for name in last == chain ? [other, chain] : [chain, other] {
            guard let name, let end = try journal.end(ofChain: name) else { continue }
            text += "end \(name) \(end.sequence) \(end.hash.text)\n"
        }
        return text
    }

    /// Returns when everything that journald was sent before is where it can be read: what
    /// `journalctl --sync` does.
    private static func synchronize() throws(SystemCallError) {
        let socket = try StreamSocket(connectingTo: journald)
        var question = Array("{\"method\":\"io.systemd.Journal.Synchronize\"}".utf8)
        question.append(0)
        _ = try socket.send(question[...])
        var answer: [UInt8] = []
        while answer.last != 0 {
            var entries = [PollEntry(socket.descriptor.number, .readable)]
            try poll(&entries, timeoutMilliseconds: patienceMilliseconds)
            if entries[0].occurred == [] {
                throw SystemCallError("poll", on: journald, .ETIMEDOUT)
            }
            let piece = try socket.descriptor.read(upTo: 4_096)
            if piece.isEmpty || answer.count > 65_536 {
                throw SystemCallError("read", on: journald, .ECONNRESET)
            }
            answer += piece
        }
        if String(decoding: answer, as: UTF8.self).utf8.starts(with: "{\"error\"".utf8) {
            throw SystemCallError("io.systemd.Journal.Synchronize", on: journald, .EIO)
        }
    }
}
