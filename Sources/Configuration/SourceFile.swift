/// The text of a configuration file, with the name that errors call it by.
public struct SourceFile: Hashable, Sendable {
    public let name: String
    public let bytes: [UInt8]

    /// A project is about a kibibyte; a larger file is a mistake.
    public static let bytesMax = 1 << 20

    /// What the file of quota classes that came with the program is called. It is a part of a version
    /// as every other, but is not written back.
    public static let installedName = "share/classes.yaml"

    public var isInstalled: Bool { name == Self.installedName }

    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

extension SourceFile {
    /// Files as they are read: the main one first, then the others by name.
    public static func inOrder(_ files: [SourceFile]) -> [SourceFile] {
        files.sorted { left, right in
            if left.name == mainName || right.name == mainName { return left.name == mainName }
            return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
    }
}
