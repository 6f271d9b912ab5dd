internal import Configuration
internal import JSONTree
internal import Plan
internal import Syscalls

/// One line on standard error, which journald takes for a message of the unit.
func complain(_ error: any Error) {
    let text: String
    switch error {
    case let failure as Failure:
        text = failure.line
    case let error as any Diagnosable:
        text = error.message + (error.hint.map { " (hint: \($0))" } ?? "")
    default: text = "\(error)"
    }
    // Where standard error is closed there is nobody to complain to.
    try? write(allOf: Array("bulkheadd: \(printable(text))\n".utf8), to: 2)
}

/// Prints a result; 1 where it could not be written.
func say(_ text: String) -> Int32 {
    do throws(SystemCallError) {
        try write(allOf: Array(text.utf8), to: 1)
        return 0
    } catch { return 1 }
}

/// `bulkheadd --check`: what is wrong with the configuration, or what is in it.
func check(_ options: DaemonOptions) -> Int32 {
    let configuration: Configuration
    do {
        configuration = try Configuration.load(
            files: try SourceFile.read(
                directory: options.configuration,
                classes: Installation(executable: try linkTarget("/proc/self/exe")).classCandidates),
            environment: environmentVariables(), machine: try MachineCapacity.read())
    } catch let error as ConfigurationError {
        if options.json {
            let answer: JSON = [
                "valid": false, "problems": .array(error.lines.map(JSON.string)),
            ]
            // Refused it is, whether that could be printed or not.
            _ = say(answer.text + "\n")
            return 1
        }
        for line in error.lines { complain(Failure.failed(line)) }
        return 1
    } catch {
        complain(error)
        return 1
    }
    if options.json { return say(json(configuration).text + "\n") }
    var text = "\(options.configuration): \(configuration.projects.count) projects, no problem\n"
    if !configuration.unused.isEmpty {
        text += "accepted, not used:\n"
        for key in configuration.unused { text += "  \(printable(key.description))\n" }
    }
    return say(text)
}

private func json(_ configuration: Configuration) -> JSON {
    [
        "valid": true,
        "projects": .array(configuration.projects.map { .string($0.name.text) }),
        "unused": .array(configuration.unused.map { .string($0.description) }),
    ]
}
