extension Invocation.Shell {
    var bashCompletion: String {
        var options = ""
        var values = ""
        var operands = ""
        for command in CommandName.allCases {
            let flags = (command.options.flatMap(\.spellings) + ["--help"]).spaced
            options += "    \(command.rawValue)) flags='\(flags)'"
            let valued = command.valuedSpellings
            if !valued.isEmpty { options += " valued=' \(valued.spaced) '" }
            if let count = command.operandsBeforeProgram { options += " program=\(count)" }
            options += " ;;\n"
            for option in command.options {
                guard let value = option.value else { continue }
                var patterns = ""
                for spelling in option.spellings {
                    patterns += (patterns.isEmpty ? "" : "|") + "\(command.rawValue):\(spelling)"
                }
                values += "    \(patterns)) \(reply(value.completion)); return ;;\n"
            }
            for (index, operand) in command.operands.enumerated() {
                let place = index + 1 == command.operands.count ? "*" : "\(index)"
                operands += "    \(command.rawValue):\(place)) \(reply(operand)) ;;\n"
            }
        }
        return """
            # bash completion for bulkhead, printed by: bulkhead completion bash
            _bulkhead() {
                local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} i n=0
                local verb=${COMP_WORDS[1]} flags='' valued='' program=0 separator=0
                COMPREPLY=()
                if ((COMP_CWORD == 1)); then
                    COMPREPLY=($(compgen -W '\(CommandName.names.spaced) --help --version' -- "$cur"))
                    return
                fi
                case $verb in
            \(options)    esac
                # Where options end and, for some commands, a program with its own begins.
                for ((i = 2; i < COMP_CWORD; i++)); do
                    if [[ ${COMP_WORDS[i]} == -- ]]; then
                        separator=1
                        ((i++))
                        break
                    elif [[ ${COMP_WORDS[i]} == -* ]]; then
                        [[ $valued == *" ${COMP_WORDS[i]} "* ]] && ((i++))
                    else
                        ((++n == program)) && break
                    fi
                done
                if ((program && (n >= program || (separator && n == program - 1)))); then
                    if declare -F _command_offset >/dev/null; then
                        _command_offset "$i"
                    else
                        COMPREPLY=($(compgen -c -f -- "$cur"))
                    fi
                    return
                fi
                case $verb:$prev in
            \(values)    esac
                if [[ $cur == -* ]]; then
                    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
                    return
                fi
                case $verb:$n in
            \(operands)    esac
            }
            complete -o filenames -F _bulkhead bulkhead

            """
    }

    private func reply(_ kind: WordKind) -> String {
        switch kind {
        case .nothing: "COMPREPLY=()"
        case .file: #"COMPREPLY=($(compgen -f -- "$cur"))"#
        case .directory: #"COMPREPLY=($(compgen -d -- "$cur"))"#
        case .program: #"COMPREPLY=($(compgen -c -- "$cur"))"#
        case .choices(let choices):
            #"COMPREPLY=($(compgen -W '\#(choices.spaced)' -- "$cur"))"#
        case .profile: #"COMPREPLY=($(compgen -f -W "$(\#(Self.listProfiles))" -- "$cur"))"#
        case .project: #"COMPREPLY=($(compgen -W "$(\#(Self.listProjects))" -- "$cur"))"#
        case .workload: #"COMPREPLY=($(compgen -W "$(\#(Self.listWorkloads))" -- "$cur"))"#
        }
    }
}
