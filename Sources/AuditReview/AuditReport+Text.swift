internal import Audit
internal import Plan
public import Presentation

extension AuditReport {
    /// The report in Markdown; of equal records always the same.
    public func text(on medium: Medium) -> String {
        var text = "# Audit report\n\n"
        text += "From \(medium.moment(since)) to \(medium.moment(until))"
        if let project { text += ", of project \(markdown(project.text))" }
        text += ": \(recordCount) \(recordCount == 1 ? "record" : "records").\n"
        text += people(medium) + denials(medium) + resources(medium)
        return text + changes(medium) + integrity(medium)
    }

    private func people(_ medium: Medium) -> String {
        var text = "\n## Who did what\n\n"
        let (top, more) = actions.top()
        text += markdownTable(
            ["Who", "Action", "Accepted", "Refused", "Last", "Last reason"],
            top.map { key, row in
                [
                    markdown(key[0]), markdown(key[1]), String(row.counts[0]),
                    String(row.counts[1]), medium.moment(row.last), markdown(row.remark),
                ]
            }, more: more)
        text += "\n## Refused\n\n"
        return text + list(["When", "Who", "Action", "On", "Why"], refused, medium)
    }

    private func denials(_ medium: Medium) -> String {
        var text = "\n## Denied\n\nTo callers:\n\n"
        text += table(["Who", "What", "Times", "Last"], accessDenials, medium)
        text += "\nSystem calls (`bulkhead profile` says what to do):\n\n"
        return text + table(["Project", "Call", "Times", "Last", "By"], callDenials, medium)
    }

    private func resources(_ medium: Medium) -> String {
        var text = "\n## Limits that were hit\n\n"
        text += table(["Where", "Limit", "Times", "Last"], limits, medium)
        text += "\n## How runs ended\n\n"
        text += table(["Project", "Cause", "Times", "Last", "Last of them"], ends, medium)
        text += "\n## Restarts\n\n"
        text += table(["Service", "Times", "Last", "Last of them"], restarts, medium)
        text += "\nBreakers that opened:\n\n"
        text += table(["Service", "Times", "Last", "Last of them"], breakers, medium)
        text += "\n## Longest outages\n\n"
        let all = outages.all(until: until)
        text += markdownTable(
            ["Project", "From", "To", "For", "What", "Why"],
            all.prefix(Tally.shownMax).map { outage in
                let end = outage.end ?? until
                return [
                    markdown(outage.project), medium.moment(outage.begin),
                    outage.end.map { medium.moment($0) } ?? "it goes on",
                    span(milliseconds: (end - outage.begin) / 1_000), outage.kind.rawValue,
                    markdown(outage.reason),
                ]
            }, more: max(0, all.count - Tally.shownMax))
        if outages.isCut {
            text += "\nOf more than \(Outages.turnsMax) turns the rest is left out.\n"
        }
        return text
    }

    private func changes(_ medium: Medium) -> String {
        var text = "\n## The supervisor\n\n"
        let counts = supervisorCounts.top().rows.map { "\($0.key[0]): \($0.row.total)" }
        if !counts.isEmpty { text += counts.joined(separator: ", ") + ".\n\n" }
        text += list(["When", "What", "Message"], supervisor, medium)
        text += "\n## Limits that were changed\n\n"
        text += list(["When", "Where", "Limit", "From", "To", "Who", "Why"], quotas, medium)
        text += "\n## Configurations\n\n"
        return text + list(["When", "What", "Version", "Who", "Why"], configurations, medium)
    }

    private func integrity(_ medium: Medium) -> String {
        var text = "\n## Integrity\n\n"
        if chains.isEmpty { text += "No record of any chain was seen.\n" }
        for (chain, sum) in chains.sorted(by: { $0.key < $1.key }).prefix(Tally.shownMax) {
            let spans = sum.numbers.spans
            guard let first = spans.first?.lowerBound, let last = spans.last?.upperBound else {
                continue
            }
            text += "- Chain \(markdown(chain)): \(sum.count) records, \(first) to \(last); "
            let gaps = sum.numbers.gaps
            if gaps.isEmpty {
                text += "no number is missing"
            } else {
                let missing = gaps.reduce(UInt64(0)) { $0 &+ ($1.upperBound - $1.lowerBound &+ 1) }
                let shown = gaps.prefix(5).map { gap in
                    gap.lowerBound == gap.upperBound
                        ? "\(gap.lowerBound)" : "\(gap.lowerBound)-\(gap.upperBound)"
                }
                text += "**\(missing) missing** (\(shown.joined(separator: ", "))"
                text += gaps.count > 5 ? ", …)" : ")"
            }
            text += "; \(sum.republished) republished, \(sum.numbers.repeated) seen twice, "
            text += "\(sum.heads) signed heads, \(sum.pruned) prunings.\n"
        }
        if chains.count > Tally.shownMax {
            text += "\n… and \(chains.count - Tally.shownMax) more.\n"
        }
        if !forged.top().rows.isEmpty {
            text += "\n**Entries that say they are records and are not to be trusted** "
            text += "(none is counted above; `bulkhead audit` marks them `FORGED?`):\n\n"
            text += table(["Why", "Times", "Last"], forged, medium)
        }
        text += "\nWhether it is all whole and signed: `bulkhead audit verify`\n"
        return text
    }

    /// The words, how often, when last, and, where there is a title for it, what was said last.
    private func table(_ titles: [String], _ tally: Tally, _ medium: Medium) -> String {
        let (top, more) = tally.top()
        var text = markdownTable(
            titles,
            top.map { key, row in
                let cells =
                    key.map { markdown($0) } + [String(row.total), medium.moment(row.last)]
                return titles.count > cells.count ? cells + [markdown(row.remark)] : cells
            }, more: more)
        if tally.uncounted > 0 { text += "\nOf other kinds: \(tally.uncounted).\n" }
        return text
    }

    private func list(_ titles: [String], _ latest: Latest, _ medium: Medium) -> String {
        let (rows, more) = latest.last()
        return markdownTable(
            titles,
            rows.map { row in [medium.moment(row.at)] + row.cells.map { markdown($0) } }, more: 0)
            + (more > 0 ? "\n… and \(more) before.\n" : "")
    }
}
