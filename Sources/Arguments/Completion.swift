extension Invocation.Shell {
    /// The script that makes this shell complete `bulkhead`, made from the tables that the parser
    /// reads.
    public var completionScript: String {
        switch self {
        case .bash: bashCompletion
        case .zsh: zshCompletion
        case .fish: fishCompletion
        }
    }

    /// A text between single quotes, for all three shells.
    func quote(_ text: String) -> String {
        var result = "'"
        for scalar in text.unicodeScalars {
            if scalar == "'" { result += #"'\''"# } else { result.unicodeScalars.append(scalar) }
        }
        return result + "'"
    }

    /// How a shell asks for names that only this machine knows. Each prints nothing where it fails.
    static let listProfiles = "bulkhead profile list 2>/dev/null"
    static let listProjects = "bulkhead projects --names 2>/dev/null"
    static let listWorkloads =
        "bulkhead projects --names 2>/dev/null; bulkhead status --names 2>/dev/null"
}

extension [String] {
    /// With single spaces between them.
    var spaced: String {
        var text = ""
        for word in self { text += (text.isEmpty ? "" : " ") + word }
        return text
    }
}

extension CommandName {
    static var names: [String] { allCases.map(\.rawValue) }

    /// Every spelling of the options that take a value.
    var valuedSpellings: [String] { options.filter { $0.value != nil }.flatMap(\.spellings) }
}

extension OptionDescription {
    /// `--lines` and `-n`.
    var spellings: [String] { [spelling] + (letter.map { ["-\($0)"] } ?? []) }
}
