/// What `bulkhead help` prints, made from the tables that the parser reads.
public enum Help {
    /// What somebody sees who typed nothing but `bulkhead`.
    public static var usage: String {
        """
        Try it:  bulkhead run -- make test

        runs 'make test' in this directory, in a sandbox of its own: no network, nothing
        of your machine to see but /usr and this directory, and at most 512M of memory,
        one processor and 256 processes.

        bulkhead doctor         says what this machine can enforce
        bulkhead help           lists the commands

        """
    }

    /// - Parameter command: nil for `bulkhead` as a whole.
    public static func page(_ command: CommandName?) -> String {
        guard let command else { return overview }
        var text = ""
        for (index, synopsis) in command.synopses.enumerated() {
            text += (index == 0 ? "usage: " : "       ") + "bulkhead \(synopsis)\n"
        }
        text += "\n\(capitalised(command.summary)).\n"
        let examples = examples(command)
        if !examples.isEmpty {
            text += "\n" + examples.map { "    \($0)\n" }.joined()
        }
        text += optionGroups(command)
        if let status = status(command) { text += "\nExit status:\n\(status)" }
        return text
    }

    private static var overview: String {
        var text = "usage: bulkhead COMMAND [ARGUMENT]…\n\n"
        text += "Runs programs in sandboxes with limits that the kernel enforces.\n\nCommands:\n"
        for command in CommandName.allCases {
            text += entry(command.rawValue, command.summary, column: 14)
        }
        text += "\nA command explains itself: bulkhead help run\n"
        return text
    }

    private static func examples(_ command: CommandName) -> [String] {
        switch command {
        case .run:
            [
                "bulkhead run -- make test",
                "bulkhead run --memory 2G --cpu 4 --ro ~/.cache/ccache -- ninja -C build",
                "bulkhead run --tty --interactive --time-limit 30m -- bash",
            ]
        case .profile: ["bulkhead profile show default", "bulkhead profile check ./mine.json"]
        case .completion: ["source <(bulkhead completion bash)"]
        case .doctor, .version, .help: []
        }
    }

    private static func status(_ command: CommandName) -> String? {
        switch command {
        case .run:
            """
              the command's own; 125 Bulkhead failed; 126 the command cannot be executed;
              127 it was not found; 128+N signal N killed it (137: also when a limit did,
              and a line on standard error says which)

            """
        case .doctor: "  0 'bulkhead run' works here; 1 it would be refused\n"
        case .profile: "  0 all is well; 1 a profile is missing or wrong\n"
        case .completion, .version, .help: nil
        }
    }

    private static func optionGroups(_ command: CommandName) -> String {
        let options = command.options
        if options.isEmpty { return "" }
        var text = ""
        var group = ""
        for option in options {
            if option.group != group {
                group = option.group
                text += "\n\(group):\n"
            }
            let value = option.value.map { " \($0.placeholder)" } ?? ""
            let repeats = option.isRepeatable ? " (repeatable)" : ""
            text += entry(option.spelling + value, option.summary + repeats, column: 24)
        }
        return text + entry("--help", "print this", column: 24)
    }

    /// `name`, and `text` beside it from `column` on, in lines of at most 80 columns.
    private static func entry(_ name: String, _ text: String, column: Int) -> String {
        let margin = String(repeating: " ", count: column)
        var line = "  \(name)"
        // All of ours is ASCII, where characters and columns are the same number.
        if line.count + 2 > column {
            line += "\n" + margin
        } else {
            line += String(repeating: " ", count: column - line.count)
        }
        var result = ""
        var width = column
        for word in text.split(separator: " ") {
            if width > column, width + 1 + word.count > 80 {
                result += line + "\n"
                line = margin
                width = column
            }
            line += (width > column ? " " : "") + word
            width += word.count + (width > column ? 1 : 0)
        }
        return result + line + "\n"
    }

    private static func capitalised(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst()
    }
}
