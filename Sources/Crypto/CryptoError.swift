public import Plan

/// Why a key cannot be made, read or used.
public struct CryptoError: Diagnosable, Hashable {
    public let message: String
    public let hint: String?

    public init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
