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
        bulkhead projects       lists the projects that the supervisor keeps running
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
        if let more = more(command) { text += "\n\(more)" }
        text += "\n"
        for example in command.examples { text += "    \(example)\n" }
        text += optionGroups(command)
        if let status = command.statusText { text += "\nExit status:\n\(status)" }
        return text
    }

    private static var overview: String {
        var text = "usage: bulkhead COMMAND [ARGUMENT]…\n\n"
        text += "Runs programs and projects in sandboxes with limits that the kernel enforces.\n"
        for group in CommandName.Group.allCases {
            text += "\n\(group.rawValue):\n"
            for command in CommandName.allCases where command.group == group {
                text += entry(command.rawValue, command.summary, column: 14)
            }
        }
        text += "\nA command explains itself: bulkhead help run\n"
        return text
    }

    /// What a newcomer has to know and no option says; lines of at most 80 columns.
    private static func more(_ command: CommandName) -> String? {
        switch command {
        case .status:
            """
            COMPONENT is supervisor, ledger, journal, cgroups, configuration, audit or
            denials.

            """
        case .config:
            """
            check     read the files below /etc/bulkhead, or DIR, and say what is wrong with
                      them; needs no supervisor
            diff      print what 'apply' would change
            apply     bring the files into force, all of them or none
            history   list the versions that were in force
            rollback  bring a version back, and its files too

            """
        case .discover:
            """
            A project is where .orch-state, a git repository, or a file such as
            package.json, Cargo.toml, go.mod or Makefile is. Without PATH it looks below
            this directory.

            """
        case .quota:
            """
            show      each limit: what is configured, in force, in use, its peak, and how
                      often it was reached
            set       change limits: those behind a project or workload are its own, so
                      several are changed at once, all of them or none
            move      take from one and give to another
            reset     bring a limit back to what is configured; without LIMIT all of them
            history   who changed what, and why

            A value is absolute (1G, 1.5, max), a difference (+512M, -1G), or 'default'.
            A smaller limit never kills: it is refused where it does not fit.

            """
        case .schedule:
            """
            show      what each project wants, gets, and why
            strategy  how it is divided from now on: static (not at all), fair_share,
                      priority_based, dynamic, or a program's path; 'default' is what the
                      configuration says
            history   what was changed for whom, and why; the last change first
            samples   what was measured, as comma-separated values for 'simulate --replay'

            """
        case .simulate:
            """
            SCENARIO is a YAML file with a machine, projects and what they do: see
            bulkhead-simulate(1) and examples/simulations. The scheduler, the queue and
            the state machines are those of the supervisor; nothing of yours is touched.
            Equal scenarios and seeds give the same output, byte by byte.

            """
        case .audit:
            """
            Prints the records of who did what, and of what became of it, out of the
            journal. One that Bulkhead did not write as it stands is marked FORGED?.

            report      a summary: who did what, denials, limits, outages; in Markdown
            verify      check that none was altered, taken away, added or moved
            recordings  list what was recorded of sessions, and whether it is as it was
            play        show a recording: at a terminal as it was shown, else as text
            key         print the public key that is needed to verify elsewhere

            Whoever may read the system's journal may use it: root, and the members of the
            group systemd-journal; recordings are for root alone. No supervisor is needed.

            """
        case .explain: "RUN is the number of a run: bulkhead runs.\n"
        case .top:
            """
            q leaves. c, m, s, i, p, d, r and n sort by cpu, memory, pressure, io,
            processes, disk, restarts and name; arrows and pages scroll.

            """
        case .attach: "Ctrl-] leaves the terminal, and the workload goes on.\n"
        default: nil
        }
    }

    private static func optionGroups(_ command: CommandName) -> String {
        let options = command.options
        var text = options.isEmpty ? "\nOptions:\n" : ""
        var group = ""
        for option in options {
            if option.group != group {
                group = option.group
                text += "\n\(group):\n"
            }
            let value = option.value.map { " \($0.placeholder)" } ?? ""
            let repeats = option.isRepeatable ? " (repeatable)" : ""
            let letter = option.letter.map { "-\($0), " } ?? ""
            text += entry(letter + option.spelling + value, option.summary + repeats, column: 28)
        }
        return text + entry("--help", "print this", column: 28)
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
