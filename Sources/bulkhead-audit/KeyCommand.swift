internal import Audit
internal import Crypto
internal import Plan
internal import Syscalls

/// `bulkhead audit key`: the public key, as whoever verifies elsewhere needs it, and its number.
enum KeyCommand {
    /// More than any key in PEM has.
    private static let bytesMax = 65_536

    static func run(_ words: [String]) -> Int32 {
        do {
            let path = "\(try ReviewOptions(parsing: words).state)/audit/public.pem"
            let key: PublicKey
            do { key = try PublicKey(pem: try open(path).readAll(limit: bytesMax)) } catch {
                throw KeyError(
                    path: path, reason: (error as? any Diagnosable)?.message ?? "\(error)")
            }
            let number = key.name(try Digest())
            _ = try say("\(String(decoding: try key.pem(), as: UTF8.self))# key \(number)\n")
            return 0
        } catch {
            report(error)
            return error is InvalidValue ? 2 : 1
        }
    }
}

private struct KeyError: Diagnosable {
    let path: String
    let reason: String

    var message: String { "the public key in \(quoted(path)) cannot be read: \(reason)" }
    var hint: String? {
        "the supervisor makes it when it first starts: systemctl start bulkhead.service; "
            + "with another directory: --state DIR"
    }
}
