import Arguments
import Plan

/// Understands a command line as if it had been typed in /srv/u/shop.
func parse(_ arguments: [String], files: [String: String] = [:]) throws -> Invocation {
    let surroundings = Surroundings(currentDirectory: "/srv/u/shop") { path throws(InvalidValue) in
        guard let text = files[path] else {
            throw InvalidValue("--env-file", path, "cannot be read")
        }
        return Array(text.utf8)
    }
    return try Invocation(parsing: arguments, surroundings)
}

/// What `bulkhead run` makes of these options and the command `true`.
func run(_ options: [String], files: [String: String] = [:]) throws -> RunArguments {
    let invocation = try parse(["run"] + options + ["--", "true"], files: files)
    guard case .run(let arguments) = invocation else { throw NotRun(invocation: invocation) }
    return arguments
}

struct NotRun: Error {
    let invocation: Invocation
}
