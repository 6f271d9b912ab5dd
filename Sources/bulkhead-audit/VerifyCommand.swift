/// `bulkhead audit verify`
enum VerifyCommand {
    static func run(_ words: [String]) -> Int32 { 0 }
}
