extension Invocation.Shell {
    var zshCompletion: String {
        var commands = ""
        var cases = ""
        for command in CommandName.allCases {
            commands += "        " + quote("\(command.rawValue):\(command.summary)") + "\n"
            cases += "    \(command.rawValue))\n        _arguments -S"
            for option in command.options {
                for spelling in option.spellings {
                    cases += " \\\n            " + specification(option, spelling)
                }
            }
            cases += " \\\n            '--help[print an explanation]'"
            for (index, operand) in command.operands.enumerated() {
                let isLast = index + 1 == command.operands.count
                cases += " \\\n            " + operandSpecification(operand, index + 1, isLast)
            }
            cases += "\n        ;;\n"
        }
        return """
            #compdef bulkhead
            # zsh completion for bulkhead, printed by: bulkhead completion zsh
            _bulkhead_profiles() {
                local -a names=(${(f)"$(\(Self.listProfiles))"})
                _alternative "profiles:profile:($names)" 'files:file:_files'
            }
            _bulkhead_projects() {
                local -a names=(${(f)"$(\(Self.listProjects))"})
                compadd -a names
            }
            _bulkhead_workloads() {
                local -a names=(${(f)"$(\(Self.listWorkloads))"})
                compadd -a names
            }
            _bulkhead() {
                local -a commands=(
            \(commands)    )
                if ((CURRENT == 2)); then
                    _describe command commands
                    return
                fi
                local verb=$words[2]
                shift words
                ((CURRENT--))
                case $verb in
            \(cases)    esac
            }
            # Either sourced, or found in $fpath and run as the function itself.
            if [[ $funcstack[1] == _bulkhead ]]; then
                _bulkhead "$@"
            else
                compdef _bulkhead bulkhead
            fi

            """
    }

    private func specification(_ option: OptionDescription, _ spelling: String) -> String {
        // In _arguments, brackets and colons in a description must be escaped.
        var text = ""
        for scalar in option.summary.unicodeScalars {
            if scalar == "[" || scalar == "]" || scalar == ":" { text += "\\" }
            text.unicodeScalars.append(scalar)
        }
        let star = option.isRepeatable ? "*" : ""
        let isWord = spelling.utf8.starts(with: "--".utf8)
        let equals = option.value != nil && isWord ? "=" : ""
        let value = option.value.map { ":" + action($0.completion) } ?? ""
        return quote("\(star)\(spelling)\(equals)[\(text)]\(value)")
    }

    private func operandSpecification(_ kind: WordKind, _ place: Int, _ isLast: Bool) -> String {
        if kind == .program { return "'(-):command: _command_names -e' '*::arguments: _normal'" }
        return quote((isLast ? "*:" : "\(place):") + action(kind))
    }

    /// A message and what offers the words.
    private func action(_ kind: WordKind) -> String {
        switch kind {
        case .nothing: "value: "
        case .file: "file:_files"
        case .directory: "directory:_files -/"
        case .choices(let choices): "choice:(\(choices.spaced))"
        case .profile: "profile:_bulkhead_profiles"
        case .project: "project:_bulkhead_projects"
        case .workload: "workload:_bulkhead_workloads"
        case .program: "command:_command_names -e"
        }
    }
}
