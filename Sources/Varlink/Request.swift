public import JSONTree

/// A call as it came: varlink.org/Method-Call.
public struct Request: Hashable, Sendable {
    public let method: String
    public let parameters: JSON
    /// The caller takes several replies.
    public let wantsMore: Bool
    /// The caller takes none.
    public let isOneway: Bool
    /// The caller wants to speak another protocol after the reply.
    public let isUpgrade: Bool

    /// Nil where this is no call: whoever sends it speaks another language.
    public init?(parsing bytes: ArraySlice<UInt8>) {
        guard case .object(let members)? = try? JSON(parsing: bytes) else { return nil }
        var method: String?
        var parameters = JSON.object([])
        var flags = (more: false, oneway: false, upgrade: false)
        for member in members {
            switch (member.name, member.value) {
            case ("method", .string(let name)): method = name
            case ("parameters", .object): parameters = member.value
            case ("parameters", .null), ("more", .null), ("oneway", .null), ("upgrade", .null):
                continue
            case ("more", .bool(let value)): flags.more = value
            case ("oneway", .bool(let value)): flags.oneway = value
            case ("upgrade", .bool(let value)): flags.upgrade = value
            default: return nil
            }
        }
        guard let method, !(flags.more && flags.oneway) else { return nil }
        self.method = method
        self.parameters = parameters
        wantsMore = flags.more
        isOneway = flags.oneway
        isUpgrade = flags.upgrade
    }
}
