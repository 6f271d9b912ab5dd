internal import Arguments
internal import Client
internal import JSONTree
internal import Plan
internal import Presentation
internal import Syscalls

extension SupervisorCommand {
    /// `bulkhead stats`.
    ///
    /// - Parameter interval: nil: one sample.
    func stats(_ project: ProjectName?, _ interval: Milliseconds?) throws(ClientError) -> Int32 {
        guard let interval else {
            return try show("Stats", ["project": project.map { .string($0.text) }]) {
                usageTable(UsageSample($0, after: UsageSample()), on: $1)
            }
        }
        var last = UsageSample()
        return try stream("Stats", statsParameters(project, interval)) { reply in
            let isFirst = last.at == 0
            last = UsageSample(reply, after: last)
            return (isFirst ? "" : "\n") + usageTable(last, on: standardOutput())
        }
    }

    private func statsParameters(_ project: ProjectName?, _ interval: Milliseconds) -> JSON {
        [
            "project": project.map { .string($0.text) },
            "interval_ms": .integer(Int64(interval.count)), "follow": true,
        ]
    }

    /// `bulkhead top`.
    func top(_ request: TopRequest) throws(ClientError) -> Int32 {
        let parameters = statsParameters(request.project, request.interval)
        var view = TopView(by: TopView.Key(rawValue: request.key.rawValue) ?? .cpu)
        if request.once {
            // What is used in a second takes two samples to know.
            var last = UsageSample()
            var count = 0
            try Supervisor(at: socket).stream("Stats", parameters) { reply in
                last = UsageSample(reply, after: last)
                count += 1
                return count < 2
            }
            var text = ""
            for line in view.lines(of: last, height: nil, on: standardOutput()) {
                text += line + "\n"
            }
            return say(text)
        }
        guard isTerminal(0), isTerminal(1), environmentVariable("TERM") != "dumb" else {
            throw .failed(
                message: "there is no terminal to show anything on",
                hint: "for one sample: bulkhead top --once; for programs: bulkhead stats --json")
        }
        var session = try TopSession(view, socket: socket, parameters: parameters)
        return try session.run()
    }
}
