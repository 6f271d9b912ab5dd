/// The options of `bulkhead doctor`.
enum DoctorOption: String, CommandOption {
    case json

    var value: OptionValue? { nil }
    var summary: String { "print an array of records in place of the table" }
}

/// The options of `bulkhead profile`.
enum ProfileOption: String, CommandOption {
    case json

    var value: OptionValue? { nil }
    var summary: String { "show: print the profile with all it extends, in the OCI form" }
}

/// The options of a command that has none but `--help`.
enum NoOption: CommandOption {
    init?(rawValue: String) { nil }

    static var allCases: [NoOption] { [] }

    var rawValue: String { switch self {} }
    var value: OptionValue? { switch self {} }
    var summary: String { switch self {} }
}
