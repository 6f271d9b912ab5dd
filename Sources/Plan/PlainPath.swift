/// A path as an operator wrote it, made absolute and plain: it begins with `/`, and has no empty,
/// `.` or `..` component and no slash at its end.
///
/// It is only a name: the kernel decides, once and at the moment of opening, what it leads to.
public struct PlainPath: Hashable, Sendable {
    public let text: String

    /// PATH_MAX of limits.h is 4,096 with the NUL at the end.
    public static let bytesMax = 4_095

    /// A path inside a sandbox, which has no current directory yet.
    ///
    /// - Parameter subject: what the path is for, in the operator's words: `--tmpfs`.
    public init(inSandbox text: String, for subject: String) throws(InvalidValue) {
        let hint = "write an absolute path, for example /data"
        self = try parsing(text, for: subject, hint: hint) { () throws(Refusal) in
            try PlainPath(inSandbox: text)
        }
    }

    /// A path on the host; a relative one begins at `base`.
    ///
    /// `..` is taken only at the beginning of a relative path: after a name, what it means depends
    /// on whether that name is a symbolic link, and `base`, from getcwd(2), has none.
    ///
    /// - Parameter base: the current directory, nil where it is gone.
    public init(onHost text: String, base: String?, for subject: String) throws(InvalidValue) {
        self = try parsing(text, for: subject, hint: "write an absolute path") {
            () throws(Refusal) in try PlainPath(onHost: text, base: base)
        }
    }

    init(inSandbox text: String) throws(Refusal) {
        try Self.check(text)
        if text.utf8.first != Self.slash { throw Refusal("is not an absolute path") }
        try self.init(appending: text.utf8[...], to: [], climbs: false)
    }

    init(onHost text: String, base: String?) throws(Refusal) {
        try Self.check(text)
        if text.utf8.first == Self.slash {
            try self.init(appending: text.utf8[...], to: [], climbs: false)
            return
        }
        guard let base, base.utf8.first == Self.slash else {
            throw Refusal("is relative, and the current directory is gone")
        }
        let parents = base.utf8.split(separator: Self.slash)
        try self.init(appending: text.utf8[...], to: parents, climbs: true)
    }

    private static let slash = UInt8(ascii: "/")

    private static func check(_ text: String) throws(Refusal) {
        if text.isEmpty { throw Refusal("is empty") }
        if text.utf8.contains(0) { throw Refusal("contains a NUL byte") }
        if text.utf8.count > bytesMax { throw Refusal("is longer than \(bytesMax) bytes") }
    }

    private init(
        appending text: Substring.UTF8View, to parents: [Substring.UTF8View], climbs: Bool
    ) throws(Refusal) {
        var components = parents
        var mayClimb = climbs
        for component in text.split(separator: Self.slash) {
            if component.elementsEqual(".".utf8) { continue }
            if component.elementsEqual("..".utf8) {
                if !mayClimb {
                    throw Refusal(
                        "contains '..'", hint: "write the path that it leads to, without '..'")
                }
                _ = components.popLast()
                continue
            }
            mayClimb = false
            // NAME_MAX of limits.h; every Linux file system refuses more.
            if component.count > 255 {
                throw Refusal("has a component of more than 255 bytes")
            }
            components.append(component)
        }
        var plain = ""
        for component in components { plain += "/" + String(Substring(component)) }
        if plain.utf8.count > Self.bytesMax {
            throw Refusal("is longer than \(Self.bytesMax) bytes from the root on")
        }
        self.text = plain.isEmpty ? "/" : plain
    }
}
