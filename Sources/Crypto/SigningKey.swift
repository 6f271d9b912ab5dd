internal import CCrypto
internal import Plan

/// A private key of Ed25519 (RFC 8032) and what it signs, by OpenSSL.
public final class SigningKey {
    private let key: OpaquePointer
    public let publicKey: PublicKey

    /// Makes one at random.
    public convenience init() throws(CryptoError) {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "ED25519", nil) else {
            throw CryptoError("Ed25519 is not to be had")
        }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_generate(context, &key) == 1, let key
        else { throw CryptoError("no key could be made") }
        try self.init(owning: key)
    }

    /// Reads one in PEM: PKCS #8 (RFC 5958), as `openssl genpkey -algorithm ed25519` writes it.
    public convenience init(pem: [UInt8]) throws(CryptoError) {
        guard let key = parsed(pem, { PEM_read_bio_PrivateKey($0, nil, nil, nil) }) else {
            throw CryptoError("it is no private key in PEM")
        }
        try self.init(owning: key)
    }

    private init(owning key: OpaquePointer) throws(CryptoError) {
        self.key = key
        guard EVP_PKEY_is_a(key, "ED25519") == 1, let publicKey = PublicKey(of: key) else {
            EVP_PKEY_free(key)
            throw CryptoError(
                "it is no key of Ed25519", hint: "make one with: bulkheadd --make-audit-key")
        }
        self.publicKey = publicKey
    }

    deinit { EVP_PKEY_free(key) }

    /// 64 bytes.
    public func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw CryptoError("out of memory") }
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = 64
        guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == 64
        else { throw CryptoError("the key does not sign") }
        return signature
    }

    /// As `init(pem:)` reads it.
    public func pem() throws(CryptoError) -> [UInt8] {
        try written { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) }
    }
}

/// The public half, which anybody may have.
public final class PublicKey {
    private let key: OpaquePointer
    /// Its 32 bytes.
    public let bytes: [UInt8]

    /// Reads one in PEM: SubjectPublicKeyInfo (RFC 8410), as `openssl pkey -pubout` writes it.
    public init(pem: [UInt8]) throws(CryptoError) {
        guard let key = parsed(pem, { PEM_read_bio_PUBKEY($0, nil, nil, nil) }) else {
            throw CryptoError("it is no public key in PEM")
        }
        guard EVP_PKEY_is_a(key, "ED25519") == 1, let bytes = Self.raw(key) else {
            EVP_PKEY_free(key)
            throw CryptoError("it is no key of Ed25519")
        }
        self.key = key
        self.bytes = bytes
    }

    /// The public half of a private key.
    fileprivate init?(of key: OpaquePointer) {
        guard let bytes = Self.raw(key),
            let own = EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, bytes, bytes.count)
        else { return nil }
        self.key = own
        self.bytes = bytes
    }

    deinit { EVP_PKEY_free(key) }

    private static func raw(_ key: OpaquePointer) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = 32
        return EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1 && count == 32 ? bytes : nil
    }

    /// What records and anchors call it: the first 16 digits of the SHA-256 of its bytes.
    public func name(_ digest: Digest) -> String { hexadecimal(digest.hash(bytes).prefix(8)) }

    /// Whether `signature` is that of this key over `message`.
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    public func pem() throws(CryptoError) -> [UInt8] {
        try written { PEM_write_bio_PUBKEY($0, key) }
    }
}

/// What OpenSSL reads from `bytes`, which it does not copy: they have to stay where they are meanwhile.
private func parsed(
    _ bytes: [UInt8], _ read: (OpaquePointer) -> OpaquePointer?
) -> OpaquePointer? {
    bytes.withUnsafeBytes { bytes in
        guard let source = BIO_new_mem_buf(bytes.baseAddress, CInt(clamping: bytes.count)) else {
            return nil
        }
        defer { BIO_free(source) }
        return read(source)
    }
}

/// What OpenSSL writes.
private func written(_ body: (OpaquePointer) -> CInt) throws(CryptoError) -> [UInt8] {
    guard let sink = BIO_new(BIO_s_mem()) else { throw CryptoError("out of memory") }
    defer { BIO_free(sink) }
    guard body(sink) == 1 else { throw CryptoError("the key cannot be written") }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = BIO_read(sink, &bytes, CInt(bytes.count))
    return Array(bytes.prefix(Int(max(count, 0))))
}
