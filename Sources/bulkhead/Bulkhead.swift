internal import Arguments
internal import Plan
internal import Syscalls

/// The program: reads the command line and hands it to the command that it names.
@main
struct Bulkhead {
    static func main() {
        endProgram(run())
    }

    private static func run() -> Int32 {
        do throws(ArgumentsError) {
            return try dispatch(Invocation(parsing: try rawArguments(), surroundings()))
        } catch {
            report(error)
            return namedCommand?.usageStatus ?? 2
        }
    }

    private static func dispatch(_ invocation: Invocation) -> Int32 {
        switch invocation {
        case .supervisor(let arguments): return ask(arguments)
        case .shell: return runShell()
        case .run(let arguments):
            return execute(arguments.request, json: arguments.json, planOnly: arguments.plan)
        case .usage:
            write(Help.usage, to: .standardError)
            return 2
        case .help(let command): return say(Help.page(command))
        case .doctor(let json): return examineHost(json: json)
        case .profile(let action): return examineProfiles(action)
        case .simulate(let words):
            return runProgram("bulkhead-simulate", at: installation().simulatorCandidates, words)
        case .audit(let request): return review(request)
        case .version: return say("bulkhead \(version)\n")
        case .completion(let shell): return say(shell.completionScript)
        }
    }

    /// The command, for errors in the command line itself: whatever else is wrong with it.
    private static var namedCommand: CommandName? {
        guard CommandLine.argc > 1, let argument = CommandLine.unsafeArgv[1] else { return nil }
        return String(validatingCString: argument).flatMap(CommandName.init(rawValue:))
    }

    /// The arguments without the program's name.
    ///
    /// `CommandLine.arguments` would replace what is not UTF-8 by U+FFFD and so name other files
    /// than the operator did; we refuse it instead.
    private static func rawArguments() throws(ArgumentsError) -> [String] {
        var result: [String] = []
        for position in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[position] else { break }
            guard let text = String(validatingCString: argument) else {
                throw .notUTF8(position: position, repaired: String(cString: argument))
            }
            result.append(text)
        }
        return result
    }

    private static func surroundings() -> Surroundings {
        // A directory that is gone matters only to a relative path, which is then refused.
        Surroundings(currentDirectory: try? currentDirectoryPath()) { path throws(InvalidValue) in
            do throws(SystemCallError) {
                return try open(path).readAll(limit: EnvironmentFile.bytesMax)
            } catch {
                let reason =
                    error.errno == .EFBIG
                    ? "is larger than \(Bytes(UInt64(EnvironmentFile.bytesMax)))"
                    : "cannot be read: \(error.errno)"
                throw InvalidValue("--env-file", path, reason)
            }
        }
    }
}
