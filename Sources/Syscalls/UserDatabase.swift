/// Users as /etc/passwd has them: passwd(5). Those that would have to be asked for over a network are not:
/// that may take seconds.
public enum UserDatabase {
    private static let path = "/etc/passwd"

    /// What a user is called; nil where it is not there.
    public static func name(of user: UInt32) -> String? {
        first { _, number in number == user }?.name
    }

    /// Whose name it is; nil where it is not there.
    public static func number(of name: String) -> UInt32? {
        first { found, _ in found == name }?.number
    }

    private static func first(
        where isWanted: (String, UInt32) -> Bool
    ) -> (name: String, number: UInt32)? {
        guard let text = try? readFile(path) else { return nil }
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(
                separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
            guard fields.count == 4, let number = UInt32(Substring(fields[2])) else { continue }
            let name = String(Substring(fields[0]))
            if isWanted(name, number) { return (name, number) }
        }
        return nil
    }
}
