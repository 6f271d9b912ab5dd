import Arguments
import Plan
import Testing

/// Understands a command line as if it had been typed in /home/u/shop.
func parse(_ arguments: [String], files: [String: String] = [:]) throws -> Invocation {
    let surroundings = Surroundings(currentDirectory: "/home/u/shop") { path throws(InvalidValue) in
        guard let text = files[path] else {
            throw InvalidValue("--env-file", path, "cannot be read")
        }
        return Array(text.utf8)
    }
    return try Invocation(parsing: arguments, surroundings)
}

/// What `bulkhead run` makes of these arguments and the command `true`.
func run(_ options: [String]) throws -> RunArguments {
    guard case .run(let arguments) = try parse(["run"] + options + ["--", "true"]) else {
        throw InvalidValue(
            "run", options.joined(separator: " "), "was understood as another command")
    }
    return arguments
}

@Suite struct RunArgumentsTests {
    @Test func aCommandAloneGetsTheStandardLimits() throws {
        #expect(try parse(["run", "make", "test"]) == parse(["run", "--", "make", "test"]))
        let request = try run([]).request
        #expect(request == RunRequest(command: ["true"]))
        #expect(
            request.limits
                == Limits(
                    memoryMax: .mebibytes(512), swapMax: Bytes(0),
                    cpuMax: CPUBandwidth(millicores: 1_000), pidsMax: 256))
    }
}
