import Audit
import AuditVerification
import Crypto
import TrailMaking

/// What the verifier says of these entries.
///
/// - Parameter keys: whoever may have signed; none: signatures are not checked.
func judged(
    _ entries: [MadeEntry], anchors: [String] = [], keys: [SigningKey], chain: String? = nil,
    since: Int64? = nil
) -> AuditVerdict {
    let digest = try! Digest()
    let verifier = AuditVerifier(
        hash: { digest.hash($0) },
        keys: keys.map { key in
            let publicKey = key.publicKey
            return AuditKey(id: publicKey.name(digest)) { publicKey.verifies($0, of: $1) }
        },
        anchors: anchors.enumerated().compactMap { index, line in
            AuditStatement.parse(line).map {
                AuditAnchor($0.0, signature: $0.signature, line: index + 1)
            }
        }, chain: chain, since: since)
    for (index, entry) in entries.enumerated() {
        verifier.add(
            EntryFields(entry.fields, realtime: entry.realtime, number: UInt64(index + 1)))
    }
    return verifier.verdict()
}

/// `kind first-last @entry` of each finding.
func findings(_ verdict: AuditVerdict) -> [String] {
    verdict.findings.map {
        let range = $0.range.map { "\($0.lowerBound)-\($0.upperBound)" } ?? "?"
        return "\($0.kind.rawValue) \(range) @\($0.entry)"
    }
}
