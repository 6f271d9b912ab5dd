internal import Audit
internal import Plan
public import Presentation

extension AuditReport {
    /// The report in Markdown; of equal records always the same.
    ///
    /// - Parameter secondsEast: how far the medium's time zone is ahead of UTC, at a moment in microseconds
    ///   since the epoch.
    public func text(on medium: Medium, secondsEast: (Int64) -> Int64) -> String {
        var text = "# Audit report\n\n"
        let zones = (zone(secondsEast(since)), zone(secondsEast(until)))
        text += "From \(medium.moment(since))\(zones.0 == zones.1 ? "" : " \(zones.0)") "
        text += "to \(medium.moment(until)) \(zones.1)"
        if let project { text += ", of project \(markdown(project.text))" }
        text += ": \(counted(recordCount, "record", "records")).\n"
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
        text += "\nSystem calls:\n\n"
        text += table(["Project", "Call", "Times", "Last", "By"], callDenials, medium)
        if !callDenials.isEmpty {
            text += "\nWhat is needed and harmless a profile that was learned is given by "
            text += "`bulkhead profile allow`; profiles that came with Bulkhead are not changed: "
            text += "learn one (`bulkhead profile learn`), or write one that extends it.\n"
        }
        if missingCalls > 0 {
            let (calls, them) = missingCalls == 1 ? ("call was", "it") : ("calls were", "them")
            text += "\nBeside them \(missingCalls) \(calls) answered as by a kernel that has not "
            text += "got \(them): programs go on without.\n"
        }
        return text
    }

    private func resources(_ medium: Medium) -> String {
        var text = "\n## Limits that were hit\n\n"
        text += table(["Where", "Limit", "Times", "Last"], limits, medium)
        text += "\n## How runs ended\n\n"
        text += table(
            ["Project", "Cause", "Times", "Not well", "Last", "Last of them"], ends, medium)
        text += "\n## Restarts\n\n"
        text += table(["Service", "Times", "Last", "Last of them"], restarts, medium)
        text += "\nBreakers that opened:\n\n"
        text += table(["Service", "Times", "Last", "Last of them"], breakers, medium)
        text += "\n## Longest outages\n\n"
        let (longest, more) = outages.longest(until: until)
        text += markdownTable(
            ["Project", "From", "To", "For", "What", "Why", "Asked for"],
            longest.map { outage in
                let begin = (outage.isOlder ? "before " : "") + medium.moment(outage.begin)
                // Whether it went on beyond the window is not known.
                let end = until < medium.now ? "after \(medium.moment(until))" : "it goes on"
                return [
                    markdown(outage.project), begin, outage.end.map { medium.moment($0) } ?? end,
                    span(milliseconds: ((outage.end ?? until) - outage.begin) / 1_000),
                    outage.kind.rawValue, markdown(outage.reason),
                    outage.asked.map { markdown($0) } ?? "no",
                ]
            }, more: more)
        if outages.isCut {
            text += "\nOf more than \(Outages.projectsMax) projects the rest is left out.\n"
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
        let chains = chains.filter { $0.value.count > 0 }
        if chains.isEmpty { text += "No record of any chain was seen.\n" }
        for (chain, sum) in chains.sorted(by: { $0.key < $1.key }).prefix(Tally.shownMax) {
            text +=
                "- Chain \(markdown(chain)): \(counted(sum.count, "record", "records")), "
            text += "\(sum.first) to \(sum.last); "
            let gaps = sum.numbers.gaps.filter {
                $0.lowerBound > sum.first && $0.upperBound < sum.last
            }
            if gaps.isEmpty {
                text += "no number is missing"
            } else {
                let missing = gaps.reduce(UInt64(0)) { $0 &+ ($1.upperBound - $1.lowerBound &+ 1) }
                let shown = gaps.prefix(5).map(AuditRanges.text)
                text += "**\(missing) missing** (\(shown.joined(separator: ", "))"
                text += gaps.count > 5 ? ", …)" : ")"
            }
            text += "; \(sum.republished) republished, \(sum.repeated) seen twice, "
            text += "\(counted(sum.heads, "signed head", "signed heads")), "
            text += "\(counted(sum.pruned, "pruning", "prunings")).\n"
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

    /// `UTC+01:00`, `UTC-03:30`.
    private func zone(_ secondsEast: Int64) -> String {
        let minutes = abs(secondsEast) / 60
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "UTC\(secondsEast < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
    }

    /// The words, how often (and how often of a second sort), when last, and, where there is a title for it, what was said last.
    private func table(_ titles: [String], _ tally: Tally, _ medium: Medium) -> String {
        let (top, more) = tally.top()
        var text = markdownTable(
            titles,
            top.map { key, row in
                let counts = [row.total] + row.counts.dropFirst()
                let cells =
                    key.map { markdown($0) } + counts.map { String($0) }
                    + [medium.moment(row.last)]
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
