import Configuration
import Plan

/// Any bytes as a configuration's files, divided at a line of `%%`: taken, or refused with problems of
/// one line each. What is taken keeps its promises, and nothing changes from it to itself.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var files: [SourceFile] = []
    for (index, piece) in pieces(of: bytes).enumerated() {
        files.append(SourceFile(name: "\(index).yaml", bytes: piece))
    }
    do throws(ConfigurationError) {
        let configuration = try Configuration.load(
            files: files, environment: [("BULKHEAD_MAX_TOTAL_AGENTS", "7")], machine: machine)
        check(configuration)
    } catch {
        precondition(!error.problems.isEmpty)
        precondition(error.problems.count <= ConfigurationError.problemsMax)
        for line in error.lines + [error.message, error.hint ?? ""] {
            precondition(!line.isEmpty && line.unicodeScalars.allSatisfy { $0.value >= 0x20 })
        }
    }
    return 0
}

private func check(_ configuration: Configuration) {
    precondition(configuration.global.maxTotalAgents == 7)
    var paths: Set<String> = []
    for project in configuration.projects {
        precondition(project.path.utf8.first == UInt8(ascii: "/"))
        precondition(paths.insert(project.path).inserted)
        precondition(configuration.origins[project.name] != nil)
        precondition(configuration.details[project.name] != nil)
        let names = project.services.map(\.name)
        precondition(Set(names).count == names.count)
        for service in project.services {
            precondition(service.command.first?.isEmpty == false)
            precondition(service.after.allSatisfy { names.contains($0) && $0 != service.name })
            precondition(service.restart.delay <= service.restart.delayMax)
        }
        if let high = project.limits.memoryHigh, let most = project.limits.memoryMax {
            precondition(high <= most)
        }
    }
    let same = Configuration.changes(from: configuration, to: configuration)
    precondition(same.allSatisfy { $0.verb == .keep })
    for change in Configuration.changes(from: .empty, to: configuration) {
        precondition(change.verb == .add && change.detail.isEmpty)
    }
    for change in Configuration.changes(from: base, to: configuration) {
        precondition(change.detail.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }
}

private func pieces(of bytes: [UInt8]) -> [[UInt8]] {
    var result: [[UInt8]] = [[]]
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        if line.elementsEqual("%%".utf8) {
            result.append([])
        } else {
            result[result.count - 1] += line + [UInt8(ascii: "\n")]
        }
    }
    return result
}

private let machine = MachineCapacity(
    memory: .gibibytes(8), processors: CPUBandwidth(millicores: 4_000))

private let base: Configuration = {
    let text = """
        projects:
          a: {path: /srv/a, services: {web: {command: ls, environment: {A: x}}}, tasks: {t: ls}}
          shop: {path: /srv/x, environment: {A: x}, limits: {memory: 64M}, services: {web: ls}}
        """
    let file = SourceFile(name: "base.yaml", bytes: Array(text.utf8))
    // It is a text of ours: where it is none, nothing here makes sense.
    guard
        let base = try? Configuration.load(files: [file], environment: [], machine: machine)
    else { preconditionFailure("the configuration to compare with is none") }
    return base
}()
