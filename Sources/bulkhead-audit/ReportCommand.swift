internal import Audit
internal import AuditReading
internal import AuditReview
internal import Crypto
internal import Plan
internal import Presentation
internal import Syscalls

/// `bulkhead audit report`: a summary in Markdown.
enum ReportCommand {
    static func run(_ words: [String]) -> Int32 {
        do {
            _ = try say(try text(try ReviewOptions(parsing: words)))
            return 0
        } catch {
            report(error)
            return error is InvalidValue ? 2 : 1
        }
    }

    private static func text(_ options: ReviewOptions) throws -> String {
        let filter = options.filter
        let medium = standardOutput()
        var report = AuditReport(
            // Nothing has happened yet that is later than now.
            since: filter.since ?? 0, until: min(filter.until ?? medium.now, medium.now),
            project: filter.project)
        let selection = AuditSelection(
            isOfRecords: true, since: filter.since.map { UInt64(max($0, 0)) },
            earlier: AuditReport.kindsBefore.map { AuditMatch(AuditField.event, $0.rawValue) })
        let source = try AuditSource(options.journals, selection)
        let digest = try Digest()
        while let entry = try source.next() {
            if let event = AuditEvent(entry.fields, received: entry.realtime, hash: digest.hash) {
                report.add(event)
            }
        }
        return report.text(on: medium) { LocalTime.secondsEast(at: $0 / 1_000_000) }
    }
}
