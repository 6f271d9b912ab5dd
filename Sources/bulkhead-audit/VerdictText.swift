internal import AuditReading
internal import AuditVerification
internal import Plan
internal import Syscalls

/// A verdict, for a person and for a program.
enum VerdictText {
    /// More are counted only, in text.
    static let findingsMax = 50
    static let openMax = 10

    static func lines(_ verdict: AuditVerdict, _ failure: AuditReadingError?) -> String {
        var text = ""
        for chain in verdict.chains {
            text += "chain \(chain.id): \(counted(chain.records, "record", "records")), "
            text += "\(chain.range.lowerBound)–\(chain.range.upperBound), "
            text += "\(time(chain.from)) to \(time(chain.to))\n"
            if let key = verdict.keys.first {
                text += "  \(counted(chain.headsGood, "signed head", "signed heads"))"
                if verdict.keys.count == 1 { text += ", key \(key)" }
                if let last = chain.signedTo {
                    text += "; signed to record \(last)"
                    let more = chain.range.upperBound - min(last, chain.range.upperBound)
                    if more > 0 {
                        text += ", \(counted(more, "after it is", "after it are")) not yet"
                    }
                } else {
                    text += ": nothing here is signed"
                }
                if verdict.keys.count > 1 {
                    for signer in chain.signers {
                        text += "\n  key \(signer.key): \(signer.heads) of them, "
                        text += "to record \(signer.to)"
                    }
                }
            } else {
                text += "  \(counted(chain.headsUnchecked, "head", "heads")); "
                text += "signatures were NOT checked"
            }
            text += "\n"
            if !chain.open.isEmpty {
                text += "  open: \(chain.open.prefix(openMax).joined(separator: ", "))"
                if chain.open.count > openMax { text += " and \(chain.open.count - openMax) more" }
                text += "\n"
            }
        }
        if verdict.chains.isEmpty {
            text += "no records in \(counted(verdict.entries, "entry", "entries"))\n"
        }
        for note in verdict.notes.prefix(findingsMax) { text += "note: \(note)\n" }
        for finding in verdict.findings.prefix(findingsMax) { text += "\(line(finding))\n" }
        let more = verdict.findings.count - findingsMax + verdict.findingsLeftOut
        if more > 0 { text += "and \(more) more\n" }
        if failure != nil {
            text += "NOT READ TO THE END: this is only of what comes before\n"
        } else if verdict.isEmpty {
            text += "nothing to verify\n"
        } else if verdict.isClean {
            text += "clean\n"
        } else {
            let count = verdict.findings.count + verdict.findingsLeftOut
            text += "\(counted(count, "finding", "findings"))\n"
        }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { printable(String($0)) }.joined(separator: "\n")
    }

    private static func line(_ finding: AuditFinding) -> String {
        var place: [String] = []
        if let range = finding.range { place.append(numbers(range)) }
        if finding.at > 0 { place.append(time(finding.at)) }
        if finding.entry > 0 { place.append("entry \(finding.entry)") }
        return "\(finding.kind.rawValue): \(place.joined(separator: ", ")): \(finding.text)"
    }

    private static func numbers(_ range: ClosedRange<UInt64>) -> String {
        range.lowerBound == range.upperBound
            ? "record \(range.lowerBound)"
            : "records \(range.lowerBound)–\(range.upperBound)"
    }

    /// In this machine's time zone.
    private static func time(_ microseconds: Int64) -> String {
        let time = LocalTime(secondsSinceEpoch: microseconds / 1_000_000)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(time.year)-\(two(time.month))-\(two(time.day)) "
            + "\(two(time.hour)):\(two(time.minute)):\(two(time.second))"
    }

    static func json(_ verdict: AuditVerdict, _ failure: AuditReadingError?) -> String {
        var fields = [
            "\"clean\":\(verdict.isClean && failure == nil)",
            "\"whole\":\(failure == nil)",
            "\"entries\":\(verdict.entries)",
            "\"key\":\(verdict.keys.first.map(jsonString) ?? "null")",
            "\"keys\":\(list(verdict.keys))",
            "\"anchors_good\":\(verdict.anchorsGood)",
        ]
        if let failure { fields.append("\"error\":\(jsonString(printable(failure.message)))") }
        fields.append("\"chains\":[\(verdict.chains.map(object).joined(separator: ","))]")
        fields.append("\"findings\":[\(verdict.findings.map(object).joined(separator: ","))]")
        fields.append("\"findings_left_out\":\(verdict.findingsLeftOut)")
        fields.append("\"notes\":\(list(verdict.notes))")
        return "{\(fields.joined(separator: ","))}\n"
    }

    private static func object(_ chain: AuditVerdict.Chain) -> String {
        var fields = [
            "\"id\":\(jsonString(chain.id))", "\"records\":\(chain.records)",
            "\"first\":\(chain.range.lowerBound)", "\"last\":\(chain.range.upperBound)",
            "\"from_us\":\(chain.from)", "\"to_us\":\(chain.to)",
            "\"heads_good\":\(chain.headsGood)", "\"heads_unchecked\":\(chain.headsUnchecked)",
        ]
        if let last = chain.signedTo { fields.append("\"signed_to\":\(last)") }
        let signers = chain.signers.map {
            "{\"key\":\(jsonString($0.key)),\"heads\":\($0.heads),\"to\":\($0.to)}"
        }
        fields.append("\"signers\":[\(signers.joined(separator: ","))]")
        fields.append("\"open\":\(list(chain.open))")
        return "{\(fields.joined(separator: ","))}"
    }

    private static func object(_ finding: AuditFinding) -> String {
        var fields = [
            "\"kind\":\(jsonString(finding.kind.rawValue))",
            "\"chain\":\(jsonString(finding.chain))",
        ]
        if let range = finding.range {
            fields.append("\"first\":\(range.lowerBound),\"last\":\(range.upperBound)")
        }
        if finding.entry > 0 { fields.append("\"entry\":\(finding.entry)") }
        if finding.at > 0 { fields.append("\"at_us\":\(finding.at)") }
        fields.append("\"text\":\(jsonString(finding.text))")
        return "{\(fields.joined(separator: ","))}"
    }

    private static func list(_ words: [String]) -> String {
        "[\(words.map(jsonString).joined(separator: ","))]"
    }
}
