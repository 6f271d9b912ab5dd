extension Invocation.Shell {
    /// The script that makes this shell complete `bulkhead`, made from the tables that the parser
    /// reads. Texts go into single quotes, so no summary may contain one; `quote` sees to it.
    public var completionScript: String {
        switch self {
        case .bash: bash
        case .zsh: zsh
        case .fish: fish
        }
    }

    private func quote(_ text: String) -> String {
        "'"
            + text.split(separator: "'", omittingEmptySubsequences: false).joined(
                separator: #"'\''"#)
            + "'"
    }

    private var commands: [String] { CommandName.allCases.map(\.rawValue) }
    private var shells: [String] { Self.allCases.map(\.rawValue) }
    private static let listProfiles = "bulkhead profile list 2>/dev/null | sed 's/[[:space:]].*//'"

    // MARK: bash

    private var bash: String {
        let run = CommandName.run.options
        var cases = ""
        for option in run {
            guard let value = option.value else { continue }
            cases += "            \(option.spelling)) \(bashReply(value.completion)); return ;;\n"
        }
        let flags = run.map(\.spelling).joined(separator: " ")
        let valued = run.filter { $0.value != nil }.map(\.spelling).joined(separator: "|")
        return """
            # bash completion for bulkhead, printed by: bulkhead completion bash
            _bulkhead() {
                local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} i
                COMPREPLY=()
                if ((COMP_CWORD == 1)); then
                    COMPREPLY=($(compgen -W '\(commands.joined(separator: " ")) --help --version' -- "$cur"))
                    return
                fi
                case ${COMP_WORDS[1]} in
                run)
                    # The first word that is neither an option nor the value of one is the command.
                    for ((i = 2; i < COMP_CWORD; i++)); do
                        case ${COMP_WORDS[i]} in
                        --) ((i++)); break ;;
                        \(valued)) ((i++)) ;;
                        -*) ;;
                        *) break ;;
                        esac
                    done
                    if ((i < COMP_CWORD)) || [[ ${COMP_WORDS[i-1]} == -- ]]; then
                        if declare -F _command_offset >/dev/null; then
                            _command_offset "$i"
                        else
                            COMPREPLY=($(compgen -c -f -- "$cur"))
                        fi
                        return
                    fi
                    case $prev in
            \(cases)            esac
                    if [[ $cur == -* ]]; then
                        COMPREPLY=($(compgen -W '\(flags) --help' -- "$cur"))
                    else
                        COMPREPLY=($(compgen -c -- "$cur"))
                    fi
                    ;;
                doctor) COMPREPLY=($(compgen -W '--json --help' -- "$cur")) ;;
                profile)
                    if ((COMP_CWORD == 2)); then
                        COMPREPLY=($(compgen -W 'list show check' -- "$cur"))
                    elif [[ $cur == -* ]]; then
                        COMPREPLY=($(compgen -W '--json --help' -- "$cur"))
                    else
                        \(bashReply(.profile))
                    fi
                    ;;
                completion) COMPREPLY=($(compgen -W '\(shells.joined(separator: " "))' -- "$cur")) ;;
                help) COMPREPLY=($(compgen -W '\(commands.joined(separator: " "))' -- "$cur")) ;;
                esac
            }
            complete -o filenames -F _bulkhead bulkhead

            """
    }

    private func bashReply(_ completion: OptionValue.Completion) -> String {
        switch completion {
        case .nothing: "COMPREPLY=()"
        case .file: #"COMPREPLY=($(compgen -f -- "$cur"))"#
        case .directory: #"COMPREPLY=($(compgen -d -- "$cur"))"#
        case .choices(let choices):
            #"COMPREPLY=($(compgen -W '\#(choices.joined(separator: " "))' -- "$cur"))"#
        case .profile:
            #"COMPREPLY=($(compgen -f -W "$(\#(Self.listProfiles))" -- "$cur"))"#
        }
    }

    // MARK: zsh

    private var zsh: String {
        let options = CommandName.run.options.map(zshOption).joined(separator: " \\\n            ")
        let commands = CommandName.allCases.map { quote("\($0.rawValue):\($0.summary)") }
        return """
            #compdef bulkhead
            # zsh completion for bulkhead, printed by: bulkhead completion zsh
            _bulkhead_profiles() {
                local -a names=(${(f)"$(\(Self.listProfiles))"})
                _alternative "profiles:profile:($names)" 'files:file:_files'
            }
            _bulkhead() {
                local -a commands=(
                    \(commands.joined(separator: "\n        "))
                )
                if ((CURRENT == 2)); then
                    _describe command commands
                    return
                fi
                local verb=$words[2]
                shift words
                ((CURRENT--))
                case $verb in
                run)
                    _arguments -S \\
                        \(options) \\
                        '--help[print this]' \\
                        '(-):command: _command_names -e' \\
                        '*::arguments: _normal'
                    ;;
                doctor) _arguments '--json[print an array of records]' '--help[explain]' ;;
                profile) _arguments '--json[in OCI form]' '1:action:(list show check)' '*:profile:_bulkhead_profiles' ;;
                completion) _arguments '1:shell:(\(shells.joined(separator: " ")))' ;;
                help) _arguments '1:command:(\(self.commands.joined(separator: " ")))' ;;
                esac
            }
            # Either sourced, or found in $fpath and run as the function itself.
            if [[ $funcstack[1] == _bulkhead ]]; then
                _bulkhead "$@"
            else
                compdef _bulkhead bulkhead
            fi

            """
    }

    private func zshOption(_ option: OptionDescription) -> String {
        // In _arguments, brackets and colons in a description must be escaped.
        var text = ""
        for character in option.summary {
            if character == "[" || character == "]" || character == ":" { text += "\\" }
            text.append(character)
        }
        let star = option.isRepeatable ? "*" : ""
        let equals = option.value == nil ? "" : "="
        return quote("\(star)\(option.spelling)\(equals)[\(text)]\(zshValue(option.value))")
    }

    private func zshValue(_ value: OptionValue?) -> String {
        guard let value else { return "" }
        return switch value.completion {
        case .nothing: ":value: "
        case .file: ":file:_files"
        case .directory: ":directory:_files -/"
        case .choices(let choices): ":choice:(\(choices.joined(separator: " ")))"
        case .profile: ":profile:_bulkhead_profiles"
        }
    }

    // MARK: fish

    private var fish: String {
        // fish 3.6 takes leading long options for its own, so a short one that means nothing ends
        // them; those after it are options of ours whose values are not the command.
        let valued = CommandName.run.options.filter { $0.value != nil }.map(\.spelling)
        let subcommand =
            "(__fish_complete_subcommand --fcs-skip=2 -@ \(valued.joined(separator: " ")))"
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
                text += "complete -c bulkhead \(seen) -l \(option.spelling.dropFirst(2))"
                text += "\(fishValue(option.value)) -d \(quote(option.summary))\n"
            }
        }
        for (command, words) in [
            ("run", subcommand), ("profile", "list show check"),
            ("profile", "(\(Self.listProfiles))"),
            ("completion", shells.joined(separator: " ")),
            ("help", commands.joined(separator: " ")),
        ] {
            let seen = "-n '__fish_seen_subcommand_from \(command)'"
            text += "complete -c bulkhead \(seen) -a \(quote(words))\n"
        }
        return text
    }

    private func fishValue(_ value: OptionValue?) -> String {
        guard let value else { return "" }
        return switch value.completion {
        case .nothing: " -x"
        case .file: " -r -F"
        case .directory: " -x -a '(__fish_complete_directories)'"
        case .choices(let choices): " -x -a \(quote(choices.joined(separator: " ")))"
        case .profile: " -r -F -a \(quote("(\(Self.listProfiles))"))"
        }
    }
}
