import Configuration

/// What the documentation says of the keys, made of the tables that the reader has.
enum Reference {
    /// For docs/configuration.md.
    static var markdown: String {
        var text = ""
        for section in Configuration.reference {
            text += "### \(section.title)\n\nThe keys of \(section.place)."
            if let shorthand = section.shorthand {
                text += " A value that is no mapping stands for `\(shorthand)`."
            }
            text += "\n\n| key | value | default | meaning | example |\n|---|---|---|---|---|\n"
            for key in section.keys {
                let mark = key.isUsed ? "" : " †"
                text +=
                    "| `\(key.name)`\(mark) | \(kind(key)) | \(key.standard) | \(key.meaning) | "
                text += "`\(key.example)` |\n"
            }
            text += "\n"
        }
        return text
    }

    private static func kind(_ key: KeyDescription) -> String {
        guard let section = key.section, section != "template" else { return key.kind }
        return "[\(key.kind)](#\(anchor(section)))"
    }

    private static func anchor(_ title: String) -> String {
        String(title.lowercased().map { $0 == " " ? "-" : $0 }.filter { $0 != "." })
    }

    /// For docs/man/bulkhead.yaml.5, in mdoc(7).
    static var manual: String {
        var text = ""
        for section in Configuration.reference {
            text += ".Ss \(section.title)\nThe keys of \(mdoc(section.place)).\n"
            if let shorthand = section.shorthand {
                text += "A value that is no mapping stands for\n.Li \(shorthand) .\n"
            }
            text += ".Bl -tag -width Ds\n"
            for key in section.keys {
                text += ".It Cm \(key.name) : No \(key.kind)\n\(mdoc(key.meaning))\n"
                if key.standard != "none" {
                    text += "The default is \(mdoc(key.standard)).\n"
                }
                if !key.isUsed { text += "Accepted, not used.\n" }
            }
            text += ".El\n"
        }
        return text
    }

    /// Without what mdoc(7) would take for its own, and with a line for each sentence.
    private static func mdoc(_ text: String) -> String {
        text.split(separator: "`", omittingEmptySubsequences: false).joined()
            .split(separator: ". ", omittingEmptySubsequences: false).joined(separator: ".\n")
    }
}
