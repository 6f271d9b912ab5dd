public import Crypto
internal import Plan
public import Syscalls

extension Cast {
    private static let pieceSize = 65_536

    /// How large a recording is, and its SHA-256 in hexadecimal digits.
    public static func digest(
        ofFile path: String, _ digest: Digest
    ) throws(SystemCallError) -> (bytes: UInt64, sha256: String) {
        let file = try open(path, [.readOnly, .noFollow])
        var bytes: UInt64 = 0
        let hash = try digest.hash { () throws(SystemCallError) in
            let piece = try file.read(upTo: pieceSize)
            bytes += UInt64(piece.count)
            return piece
        }
        return (bytes, hexadecimal(hash))
    }
}
