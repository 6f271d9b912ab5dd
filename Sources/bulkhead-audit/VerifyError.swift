internal import Plan

/// Why a trail cannot be verified.
struct VerifyError: Diagnosable {
    let message: String
    let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
