internal import Arguments
internal import Client
internal import JSONTree
internal import Plan
internal import Presentation
internal import Syscalls

extension SupervisorCommand {
    /// `exec` and `run --project`.
    ///
    /// - Returns: the command's status.
    func execute(_ request: ExecuteRequest) throws(ClientError) -> Int32 {
        if request.detached { return try detach(request) }
        let ended = try RemoteRun(request, reason, at: socket).finish(whenRecorded: tellRecorded)
        return finish(ended ?? [:])
    }

    /// - Returns: the workload's status, or 0 where its terminal was left.
    func attach(_ target: Target) throws(ClientError) -> Int32 {
        let session = try RemoteRun(attachingTo: target, reason, at: socket)
        guard let ended = try session.finish(whenRecorded: tellRecorded) else {
            write("bulkhead: \(target) goes on\n", to: .standardError)
            return 0
        }
        return finish(ended)
    }

    /// Whoever is recorded knows it. Where nobody looks, it would be in the way of the command's own words.
    private func tellRecorded(_ extent: String) {
        if !isTerminal(2) { return }
        let what = extent == "all" ? "what it shows and what you type" : "what it shows"
        write("bulkhead: this session is recorded: \(what)\n", to: .standardError)
    }

    /// As `bulkhead run` ends.
    private func finish(_ reply: JSON) -> Int32 {
        var text = ""
        if let remark = endRemark(reply) { text += "bulkhead: \(remark)\n" }
        if json { text += reply.text + "\n" }
        // At once: lines of runs side by side do not mix.
        if !text.isEmpty { write(text, to: .standardError) }
        return Int32(clamping: reply["exit_status"]?.integer ?? 125)
    }

    private func detach(_ request: ExecuteRequest) throws(ClientError) -> Int32 {
        let reply = try Supervisor(at: socket).start(request, reason)
        return answer(reply) {
            let workload = printable($0["workload"]?.string ?? "")
            let run = $0["run"]?.integer ?? 0
            return "\(request.project)/\(workload) runs as run \(run)\n"
        }
    }
}
