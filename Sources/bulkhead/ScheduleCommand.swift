internal import Arguments
internal import Client
internal import JSONTree
internal import Plan
internal import Presentation

extension SupervisorCommand {
    /// `bulkhead schedule`, `optimize`, `why`, `advise` and `queue`.
    func schedule(_ action: ScheduleAction) throws(ClientError) -> Int32 {
        switch action {
        case .show: return try show("ScheduleShow", as: scheduleShares)
        case .strategy(let name):
            let reply = try act("ScheduleStrategy", ["name": .string(name)])
            return answer(reply) { _ in "the strategy is \(reply["strategy"]?.string ?? name)\n" }
        case .history(let project, let limit):
            return try show(
                "ScheduleHistory",
                ["project": project.map { .string($0.text) }, "limit": .integer(Int64(limit))],
                as: scheduleHistory)
        case .samples(let limit):
            return try show(
                "ScheduleSamples", ["limit": .integer(Int64(limit))], as: scheduleSamples)
        case .optimize(let planOnly):
            let parameters: JSON = ["plan": planOnly ? true : nil]
            return try show("Optimize", parameters.because(reason)) { reply, medium in
                scheduleChanges(reply, isPlan: planOnly, on: medium)
            }
        case .why(let project):
            return try show("Why", ["project": .string(project.text)], as: scheduleReasons)
        case .advise(let project):
            return try show(
                "Advise", ["project": project.map { .string($0.text) }], as: adviceList)
        case .queue: return try show("Queue", as: queueList)
        }
    }
}
