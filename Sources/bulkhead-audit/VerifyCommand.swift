internal import Audit
internal import AuditReading
internal import AuditVerification
internal import Crypto
internal import Plan
internal import Syscalls

/// `bulkhead audit verify`: reads a trail, says what is wrong with it, and ends with 0 where nothing is,
/// with 1 where something is, with 2 where it could not be read whole, or there was nothing to verify.
enum VerifyCommand {
    static func run(_ words: [String]) -> Int32 {
        do {
            let options = try VerifyOptions(parsing: words)
            let digest = try Digest()
            let verifier = AuditVerifier(
                hash: { digest.hash($0) }, keys: try keys(options, digest),
                anchors: try options.anchors.map(AnchorFile.read) ?? [], chain: options.chain,
                since: options.since.map { Int64(clamping: $0) })
            // What journald received since then was written since then.
            let source = try AuditSource(
                options.journals, AuditSelection(isOfRecords: true, since: options.since))
            var failure: AuditReadingError?
            do throws(AuditReadingError) {
                while let entry = try source.nextFields() { verifier.add(entry) }
            } catch { failure = error }
            let verdict = verifier.verdict()
            let text =
                options.json
                ? VerdictText.json(verdict, failure) : VerdictText.lines(verdict, failure)
            do throws(SystemCallError) { try write(allOf: Array(text.utf8), to: 1) } catch {
                // Nobody reads any more, as with `| head`. The exit status tells it all the same.
                if error.errno != .EPIPE { throw error }
            }
            if let failure {
                report(failure)
                return 2
            }
            if verdict.isEmpty { throw nothing(verdict, options) }
            return verdict.isClean ? 0 : 1
        } catch {
            report(error)
            return 2
        }
    }

    private static func nothing(_ verdict: AuditVerdict, _ options: VerifyOptions) -> VerifyError {
        let entries = "\(verdict.entries) \(verdict.entries == 1 ? "entry" : "entries")"
        if let chain = options.chain {
            let others = verdict.otherChains
            return VerifyError(
                "there is nothing to verify: no record of chain \(quoted(chain)) in \(entries)",
                hint: others.isEmpty
                    ? "there are none of other chains either"
                    : "there are records of: \(others.joined(separator: ", "))")
        }
        return VerifyError(
            "there is nothing to verify: no record in \(entries)",
            hint: options.since != nil
                ? "begin earlier: --since"
                : "the records are those of SYSLOG_IDENTIFIER=bulkheadd; see whether it runs: "
                    + "systemctl status bulkhead.service")
    }

    private static func keys(_ options: VerifyOptions, _ digest: Digest) throws -> [AuditKey] {
        if options.isKeyless { return [] }
        var keys: [PublicKey] = []
        if options.publicKeys.isEmpty {
            do throws(PublicKeyError) {
                keys.append(try PublicKeyFile.read(state: options.state))
            } catch {
                // On another machine there is none. That must not look as if all were well.
                throw VerifyError(
                    "signatures cannot be checked: \(error.message)",
                    hint: "give --public-key FILE, or --no-signatures to check the chain alone")
            }
        }
        for path in options.publicKeys { keys.append(try PublicKeyFile.read(path)) }
        return keys.map { key in
            AuditKey(id: key.name(digest)) { key.verifies($0, of: $1) }
        }
    }
}
