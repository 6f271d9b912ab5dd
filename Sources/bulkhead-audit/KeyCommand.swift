internal import Audit
internal import Crypto
internal import Plan
internal import Syscalls

/// `bulkhead audit key`: the public key, as whoever verifies elsewhere needs it, and its number.
enum KeyCommand {
    static func run(_ words: [String]) -> Int32 {
        do {
            let key = try PublicKeyFile.read(state: try ReviewOptions(parsing: words).state)
            let number = key.name(try Digest())
            _ = try say("\(String(decoding: try key.pem(), as: UTF8.self))# key \(number)\n")
            return 0
        } catch {
            report(error)
            return error is InvalidValue ? 2 : 1
        }
    }
}
