internal import Configuration
internal import Ledger
internal import Plan

/// The configuration that is in force, and which version of it that is.
struct ActiveConfiguration {
    var configuration: Configuration
    /// 0: none was ever applied.
    var version: Int64
    var files: [SourceFile]

    static let none = ActiveConfiguration(configuration: .empty, version: 0, files: [])
}

extension SourceFile {
    init(_ file: ConfigurationFile) { self.init(name: file.name, bytes: file.content) }

    var asLedgerFile: ConfigurationFile { ConfigurationFile(name: name, content: bytes) }
}
