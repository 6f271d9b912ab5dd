internal import Crypto
internal import Plan
internal import Syscalls

/// A public key in PEM, in a file that was named or where this machine's supervisor has put it.
enum PublicKeyFile {
    /// More than any key in PEM has.
    private static let bytesMax = 65_536
    static let standardState = "/var/lib/bulkhead"
    /// Where a supervisor puts it, below its state directory.
    static let placeBelowState = "/audit/public.pem"
    static let ofStandardState = standardState + placeBelowState
    /// For those who may not look into the state directory: `AuditKey` of bulkheadd puts it there.
    private static let runtimePath = "/run/bulkhead/audit-public.pem"

    static func read(_ path: String) throws(PublicKeyError) -> PublicKey {
        let bytes: [UInt8]
        do throws(SystemCallError) { bytes = try open(path).readAll(limit: bytesMax) } catch {
            throw .unreadable(path, error)
        }
        do throws(CryptoError) { return try PublicKey(pem: bytes) } catch {
            throw .unusable(path, error.message)
        }
    }

    /// Of the supervisor that keeps its state there.
    static func read(state: String) throws(PublicKeyError) -> PublicKey {
        let path = state + placeBelowState
        do throws(PublicKeyError) { return try read(path) } catch {
            guard state == standardState, error.isAbsence else { throw error }
            do throws(PublicKeyError) { return try read(runtimePath) } catch let second {
                // Of two that are not there the first is the one to tell of.
                throw second.isAbsence ? error : second
            }
        }
    }
}

enum PublicKeyError: Error {
    case unreadable(String, SystemCallError)
    case unusable(String, String)

    /// It is not there, or we may not read it.
    var isAbsence: Bool {
        guard case .unreadable(_, let error) = self else { return false }
        return [.ENOENT, .EACCES, .EPERM, .ENOTDIR].contains(error.errno)
    }
}

extension PublicKeyError: Diagnosable {
    var message: String {
        switch self {
        case .unreadable(let path, let error):
            "the public key \(quoted(path)) cannot be read: \(error)"
        case .unusable(let path, let reason):
            "the public key \(quoted(path)) cannot be used: \(reason)"
        }
    }

    var hint: String? {
        let form = "it is to hold a key of Ed25519 in PEM, as \(PublicKeyFile.ofStandardState) does"
        guard case .unreadable(let path, let error) = self else { return form }
        return switch error.errno {
        case .EACCES, .EPERM:
            "only root may look there; a supervisor that runs has put it into "
                + "/run/bulkhead/audit-public.pem for everybody"
        case _ where !path.hasSuffix(PublicKeyFile.placeBelowState): form
        default:
            "the supervisor makes it when it first starts: systemctl start bulkhead.service; "
                + "with another directory: --state DIR"
        }
    }
}
