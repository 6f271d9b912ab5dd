internal import Configuration
internal import Ledger
internal import Plan

/// The configuration that is in force, and which version of it that is.
struct ActiveConfiguration {
    var configuration: Configuration
    /// 0: none was ever applied.
    var version: Int64
    var files: [SourceFile]
    /// Why what was on the disk when it was last looked at did not come into force; nil where it did.
    var refusal: String?

    static let none = ActiveConfiguration(configuration: .empty, version: 0, files: [])
}

extension SourceFile {
    init(_ file: ConfigurationFile) { self.init(name: file.name, bytes: file.content) }

    var asLedgerFile: ConfigurationFile { ConfigurationFile(name: name, content: bytes) }
}
