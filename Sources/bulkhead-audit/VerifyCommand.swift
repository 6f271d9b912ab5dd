internal import Audit
internal import AuditReading
internal import AuditVerification
internal import Crypto
internal import Plan
internal import Syscalls

/// `bulkhead audit verify`: reads a trail, says what is wrong with it, and ends with 0 where nothing is,
/// with 1 where something is, with 2 where it could not be read whole.
enum VerifyCommand {
    /// More than any key in PEM has.
    private static let keyBytesMax = 65_536
    /// A line has about 250 bytes.
    private static let anchorsBytesMax = 64 << 20

    static func run(_ words: [String]) -> Int32 {
        do {
            let options = try VerifyOptions(parsing: words)
            let digest = try Digest()
            let verifier = AuditVerifier(
                hash: { digest.hash($0) }, key: try key(options, digest),
                anchors: try options.anchors.map(anchors(in:)) ?? [], chain: options.chain)
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
            return verdict.isClean ? 0 : 1
        } catch {
            report(error)
            return 2
        }
    }

    private static func key(_ options: VerifyOptions, _ digest: Digest) throws -> AuditKey? {
        let path = options.publicKey ?? "\(options.state)/audit/public.pem"
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try open(path).readAll(limit: keyBytesMax)
        } catch {
            // On another machine there is none, and the verdict says that signatures were not checked.
            if options.publicKey == nil { return nil }
            throw VerifyError("the public key \(quoted(path)) cannot be read: \(error)")
        }
        let key: PublicKey
        do throws(CryptoError) { key = try PublicKey(pem: bytes) } catch {
            throw VerifyError("the public key \(quoted(path)) cannot be used: \(error.message)")
        }
        return AuditKey(id: key.name(digest)) {
            key.verifies($0, of: $1)
        }
    }

    private static func anchors(in path: String) throws -> [AuditAnchor] {
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes =
                try path == "-"
                ? FileDescriptor(duplicating: 0).readAll(limit: anchorsBytesMax)
                : open(path).readAll(limit: anchorsBytesMax)
        } catch { throw VerifyError("the anchors \(quoted(path)) cannot be read: \(error)") }
        var anchors: [AuditAnchor] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty {
            guard
                let (statement, signature) = AuditStatement.parse(
                    String(decoding: line, as: UTF8.self))
            else {
                throw VerifyError(
                    "the anchors \(quoted(path)), line \(index + 1): it is no signed head",
                    hint: "each line is: bulkhead-head 1 CHAIN SEQUENCE HASH AT KEY SIGNATURE")
            }
            anchors.append(AuditAnchor(statement, signature: signature, line: index + 1))
        }
        return anchors
    }
}

private struct VerifyError: Diagnosable {
    let message: String
    let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
