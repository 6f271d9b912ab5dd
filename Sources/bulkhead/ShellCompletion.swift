internal import Arguments
internal import Client
internal import JSONTree
internal import LineEditing
internal import Plan
internal import Syscalls

/// What Tab makes of an unfinished line.
func complete(_ line: String, _ names: KnownNames) -> LineEditor.Completion {
    let nothing = LineEditor.Completion(insertion: "", choices: [])
    // An open quote is nobody's name.
    guard let parsed = try? CommandLineWords(parsing: line) else { return nothing }
    var words = parsed.words
    let isBetweenWords = line.utf8.last.map { $0 == UInt8(ascii: " ") } ?? true
    let word = isBetweenWords ? "" : words.popLast() ?? ""
    if words.first == "bulkhead" { words.removeFirst() }
    let choices = WordChoices(after: words, beginning: word)
    var candidates = choices.words
    switch choices.kind {
    case .project: candidates += names.projects()
    case .workload: candidates += names.projects() + names.workloads()
    case .nothing, .file, .directory, .choices, .profile, .program: break
    }
    let fitting = candidates.filter { $0.utf8.starts(with: word.utf8) }.sorted()
    guard let first = fitting.first else { return nothing }
    if fitting.count == 1 {
        // Whole: the next word begins.
        return .init(insertion: String(first.dropFirst(word.count)) + " ", choices: [])
    }
    var common = Array(first.utf8)
    for candidate in fitting.dropFirst() {
        var length = 0
        for (left, right) in zip(common, candidate.utf8) {
            if left != right { break }
            length += 1
        }
        common.removeLast(common.count - length)
    }
    let more = common.dropFirst(word.utf8.count)
    return more.isEmpty
        ? .init(insertion: "", choices: fitting)
        : .init(insertion: String(decoding: more, as: UTF8.self), choices: [])
}

/// The names of projects and services, asked for when they are first wanted and for some seconds good.
final class KnownNames {
    private var list: [JSON] = []
    private var askedAt: Int64 = .min

    private static let goodFor: Int64 = 5_000_000
    /// Nobody waits longer for a name.
    private static let timeout = Milliseconds(1_000)

    func projects() -> [String] {
        refresh()
        return list.compactMap { $0["name"]?.string }
    }

    func workloads() -> [String] {
        refresh()
        var names: [String] = []
        for project in list {
            guard let name = project["name"]?.string else { continue }
            for service in project["services"]?.array ?? [] {
                if let service = service["name"]?.string { names.append("\(name)/\(service)") }
            }
        }
        return names
    }

    private func refresh() {
        let now = monotonicMicroseconds()
        if askedAt != .min && now - askedAt < Self.goodFor { return }
        askedAt = now
        // Without a supervisor there are no names, and the command that is typed will say why.
        let reply = try? Supervisor(at: controlSocket(nil)).call("List", timeout: Self.timeout)
        list = reply?["projects"]?.array ?? []
    }
}
