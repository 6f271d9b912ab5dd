internal import Audit
internal import AuditReading
internal import AuditReview
internal import Crypto
internal import Plan
internal import Presentation
internal import Syscalls

/// `bulkhead audit`: the records that somebody wants to see, a line each.
enum ListCommand {
    static func run(_ words: [String]) -> Int32 {
        do {
            try list(try ReviewOptions(parsing: words))
            return 0
        } catch {
            report(error)
            return error is InvalidValue ? 2 : 1
        }
    }

    private static func list(_ options: ReviewOptions) throws {
        var selection = selection(options)
        // What an index cannot tell has to be looked at, and then the last ones are known at the end.
        let isTold =
            options.filter.actor == nil && options.filter.until == nil && options.journals.isEmpty
        if isTold { selection.last = options.lines }
        let source = try AuditSource(options.journals, selection)
        let digest = try Digest()
        let medium = standardOutput()
        var waiting: [(line: String, isTrusted: Bool)] = []
        // Of the first batch only: what comes later is shown as it comes.
        var count = isTold ? nil : options.lines
        var doubtful = 0
        var isAnyShown = false
        while true {
            while let entry = try source.next() {
                guard
                    let event = AuditEvent(
                        entry.fields, received: entry.realtime, hash: digest.hash),
                    options.filter.includes(event)
                else { continue }
                let line = options.json ? auditJSON(event) : auditLine(event, on: medium)
                guard let count else {
                    isAnyShown = true
                    if !event.isTrusted { doubtful += 1 }
                    if try !say(line) { return }
                    continue
                }
                waiting.append((line, event.isTrusted))
                // Not one by one: that would move all of them for each.
                if waiting.count > 2 * max(count, 1) { waiting.removeFirst(waiting.count - count) }
            }
            if let shown = count {
                let last = waiting.suffix(shown)
                doubtful += last.count { !$0.isTrusted }
                isAnyShown = !last.isEmpty
                if try !say(last.map(\.line).joined()) { return }
                waiting = []
                count = nil
            }
            if !options.follow { break }
            if !source.canFollow { break }
            // Whatever becomes of standard output ends the waiting: it may be a pipe that nobody reads, or
            // a socket or a terminal of which the other side has gone.
            let output = try source.wait(or: PollEntry(1, []))
            if output != [] { return }
        }
        if doubtful > 0 { tell(doubtful) }
        if !isAnyShown && options.lines != 0 { tellNothingFits(options) }
    }

    /// A word that was mistyped looks like one of whom nothing is recorded.
    private static func tellNothingFits(_ options: ReviewOptions) {
        let medium = standardOutput()
        let wanted = options.filter.text { medium.moment($0) }
        let place =
            options.journals.isEmpty
            ? "the journal of this machine" : options.journals.map(quoted).joined(separator: ", ")
        let text =
            "bulkhead-audit: there is no record\(wanted.isEmpty ? "" : " \(wanted)") in \(place)\n"
        try? write(allOf: Array(text.utf8), to: 2)
    }

    /// Beside the lines, so that it is seen where they are counted or thrown away.
    private static func tell(_ count: Int) {
        let text =
            "bulkhead-audit: \(count) of these \(count == 1 ? "entries is" : "entries are") not to be "
            + "trusted: see FORGED? above; what is missing says: bulkhead audit verify\n"
        try? write(allOf: Array(text.utf8), to: 2)
    }

    /// What the journal's index can sort out.
    private static func selection(_ options: ReviewOptions) -> AuditSelection {
        let filter = options.filter
        var selection = AuditSelection(since: filter.since.map { UInt64(max($0, 0)) })
        if let project = filter.project {
            selection.matches.append(AuditMatch(AuditField.project, project.text))
        }
        if let workload = filter.workload {
            selection.matches.append(AuditMatch(AuditField.workload, workload.text))
        }
        if let run = filter.run {
            selection.matches.append(AuditMatch(AuditField.run, run.description))
        }
        for (field, values) in filter.values {
            selection.matches += values.map { AuditMatch(field, $0) }
        }
        for priority in 0...(filter.priority ?? 7) where filter.priority != nil {
            selection.matches.append(AuditMatch(AuditField.priority, String(priority)))
        }
        if selection.matches.isEmpty && filter.events.isEmpty && !options.follow {
            selection.isOfRecords = true
            return selection
        }
        for kind in AuditKind.allCases where filter.includes(kind) {
            selection.matches.append(AuditMatch(AuditField.event, kind.rawValue))
        }
        return selection
    }
}
