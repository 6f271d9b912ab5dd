internal import CCrypto

/// SHA-256 by OpenSSL, made ready once: EVP_DigestInit(3).
public final class Digest {
    private let context: OpaquePointer
    private let algorithm: OpaquePointer

    public init() throws(CryptoError) {
        guard let context = EVP_MD_CTX_new(), let algorithm = EVP_MD_fetch(nil, "SHA256", nil)
        else { throw CryptoError("SHA-256 is not to be had") }
        self.context = context
        self.algorithm = algorithm
    }

    deinit {
        EVP_MD_free(algorithm)
        EVP_MD_CTX_free(context)
    }

    /// The 32 bytes of the digest.
    public func hash(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// The same of what comes piece by piece.
    ///
    /// - Parameter next: the next piece; an empty one is the end.
    public func hash<Failure: Error>(
        pieces next: () throws(Failure) -> [UInt8]
    ) throws(Failure) -> [UInt8] {
        precondition(EVP_DigestInit_ex2(context, algorithm, nil) == 1, "no SHA-256 to be had")
        while true {
            let piece = try next()
            if piece.isEmpty { break }
            let isAdded = piece.withUnsafeBytes {
                EVP_DigestUpdate(context, $0.baseAddress, $0.count) == 1
            }
            precondition(isAdded, "OpenSSL cannot make a SHA-256")
        }
        return [UInt8](unsafeUninitializedCapacity: 32) { room, count in
            let isDone = EVP_DigestFinal_ex(context, room.baseAddress, nil) == 1
            precondition(isDone, "OpenSSL cannot make a SHA-256")
            count = 32
        }
    }

    /// The same of memory that is elsewhere.
    public func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { room, count in
            // Only memory that is not ours to check could make these fail.
            let isDone =
                EVP_DigestInit_ex2(context, algorithm, nil) == 1
                && EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
                && EVP_DigestFinal_ex(context, room.baseAddress, nil) == 1
            precondition(isDone, "OpenSSL cannot make a SHA-256")
            count = 32
        }
    }
}
