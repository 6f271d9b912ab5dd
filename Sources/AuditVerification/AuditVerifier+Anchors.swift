internal import Audit

/// Anchors are lines from outside: each must be signed, and its record must be there.
extension AuditVerifier {
    /// Checks them, and takes note of what they say of each chain.
    ///
    /// - Returns: how many are good.
    func checkAnchors() -> Int {
        var good = 0
        var firsts: [Int: UInt64] = [:]
        for anchor in anchors {
            let statement = anchor.statement
            if let wanted, statement.chain != wanted { continue }
            if !keys.isEmpty {
                guard let key = keys[statement.key] else {
                    tell(
                        .headForged, anchor,
                        "is signed with the key \(statement.key), not with \(keyNames)")
                    continue
                }
                if !key.verifies(anchor.signature, Array(statement.text.utf8)) {
                    tell(.headForged, anchor, "has a wrong signature")
                    continue
                }
                good += 1
            }
            guard let index = index(ofChain: statement.chain), !chains[index].facts.isEmpty else {
                absent[statement.chain, default: []].append(anchor)
                continue
            }
            let state = chains[index]
            let named = RecordHash(statement.hash.bytes)
            if let other = state.certificates[statement.sequence], other != named {
                tell(
                    .forked, anchor,
                    "names another record than a signed head does: there were two trails")
                continue
            }
            state.anchored.append(statement.sequence)
            // Of the one right before what is here, the first record names the hash.
            let first = firsts[index] ?? state.facts.map(\.sequence).min()!
            firsts[index] = first
            if statement.sequence >= first - 1 {
                state.certificates[statement.sequence] = named
            }
        }
        return good
    }

    /// Tells of those that name what is before the beginning.
    ///
    /// - Returns: whether there are any.
    func noteOldAnchors(_ state: ChainState, _ result: ChainWalk.Result) -> Bool {
        let old = state.anchored.filter { $0 < result.begins - 1 }
        guard let last = old.max() else { return false }
        notes.append(
            "chain \(state.id): \(old.count) of the anchors \(old.count == 1 ? "is" : "are") of before "
                + "what is here, the last of record \(last)")
        return true
    }

    /// Judges anchors of chains of which nothing is here.
    func judgeAbsentChains() {
        for (chain, anchors) in absent.sorted(by: { $0.key < $1.key }) {
            var (count, last): (Int, UInt64) = (0, 0)
            for anchor in anchors {
                if let (kind, text) = fault(anchor.statement) {
                    tell(kind, anchor, text)
                } else {
                    count += 1
                    last = max(last, anchor.statement.sequence)
                }
            }
            if count == 0 { continue }
            notes.append(
                "\(count) of the anchors \(count == 1 ? "is" : "are") of chain \(chain), of which nothing "
                    + "is here, the last of record \(last)")
        }
    }

    /// Nil where it is no fault that nothing of its chain is here: a chain that is here says where that one
    /// ended, and something signed leads to that; or it was signed before the time that was asked for.
    private func fault(_ statement: AuditStatement) -> (AuditFinding.Kind, String)? {
        guard let end = ends[statement.chain] else {
            if let since, statement.at < since { return nil }
            return (.cutOff, "names a chain of which nothing is here")
        }
        if statement.sequence > end.sequence {
            return (
                .cutOff,
                "names a chain of which nothing is here, and the audit.chain of the next one says that "
                    + "it ended with record \(end.sequence)"
            )
        }
        if statement.sequence == end.sequence, RecordHash(statement.hash.bytes) != end.hash {
            return (
                .forked,
                "names another record than the audit.chain of the next chain does: there were two trails"
            )
        }
        return nil
    }

    private func tell(_ kind: AuditFinding.Kind, _ anchor: AuditAnchor, _ text: String) {
        let statement = anchor.statement
        findings.add(
            kind, statement.chain, statement.sequence...statement.sequence, entry: 0,
            at: statement.at, "line \(anchor.line) of the anchors \(text)")
    }
}
