extension Invocation.Shell {
    var fishCompletion: String {
        var text = """
            # fish completion for bulkhead, printed by: bulkhead completion fish
            complete -c bulkhead -f
            complete -c bulkhead -n __fish_use_subcommand -l help -d 'explain'
            complete -c bulkhead -n __fish_use_subcommand -l version -d 'print the version'

            """
        for command in CommandName.allCases {
            text += "complete -c bulkhead -n __fish_use_subcommand"
            text += " -a \(command.rawValue) -d \(quote(command.summary))\n"
            let seen = "-n '__fish_seen_subcommand_from \(command.rawValue)'"
            for option in command.options {
                let letter = option.letter.map { " -s \($0)" } ?? ""
                text += "complete -c bulkhead \(seen) -l \(option.name)\(letter)"
                text += "\(value(option.value)) -d \(quote(option.summary))\n"
            }
            for operand in command.operands {
                guard let words = words(operand, of: command) else { continue }
                text += "complete -c bulkhead \(seen)\(words)\n"
            }
        }
        return text
    }

    private func value(_ value: OptionValue?) -> String {
        guard let value else { return "" }
        return switch value.completion {
        case .nothing: " -x"
        case .file: " -r -F"
        case .profile: " -r -F -a \(quote("(\(Self.listProfiles))"))"
        case .directory, .choices, .project, .workload, .program:
            " -x" + (words(value.completion, of: .help) ?? "")
        }
    }

    private func words(_ kind: WordKind, of command: CommandName) -> String? {
        switch kind {
        case .nothing: nil
        case .file: " -F"
        case .directory: " -a '(__fish_complete_directories)'"
        case .choices(let choices): " -a \(quote(choices.spaced))"
        case .profile: " -a \(quote("(\(Self.listProfiles))"))"
        case .project: " -a \(quote("(\(Self.listProjects))"))"
        case .workload: " -a \(quote("(\(Self.listWorkloads))"))"
        case .program:
            // fish 3.6 takes leading long options for its own, so a short one that means nothing
            // ends them; those after it are options of ours whose values are not the command.
            " -a "
                + quote(
                    "(__fish_complete_subcommand --fcs-skip=\(command == .exec ? 3 : 2) -@ "
                        + "\(command.valuedSpellings.spaced))")
        }
    }
}
