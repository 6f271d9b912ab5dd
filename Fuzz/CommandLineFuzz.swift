import Arguments
import Plan

/// Any text as a command line, an argument a line: understood, or refused with an error of one
/// line. What is understood as a run has a command, and no two things at one place.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    // execve(2) takes no NUL in an argument, and we no text that is not UTF-8.
    guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
        return 0
    }
    let arguments = text.utf8.split(separator: 10, omittingEmptySubsequences: false)
        .map { String(Substring($0)) }
    let surroundings = Surroundings(currentDirectory: "/srv/u") { path throws(InvalidValue) in
        if path.utf8.count % 2 == 0 { return Array("A=1\nB=2".utf8) }
        throw InvalidValue("--env-file", path, "cannot be read")
    }
    do throws(ArgumentsError) {
        let invocation = try Invocation(parsing: arguments, surroundings)
        guard case .run(let run) = invocation else { return 0 }
        precondition(run.request.command.first?.isEmpty == false)
        let places = run.request.grants.map { Array($0.at.utf8) }
        precondition(Set(places).count == places.count)
        if let high = run.request.limits.memoryHigh, let max = run.request.limits.memoryMax {
            precondition(high <= max)
        }
    } catch {
        let lines = [error.message, error.hint ?? ""].joined()
        precondition(lines.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }
    return 0
}
