internal import Audit
internal import EventLoop
internal import Journal
internal import Ledger
internal import Plan
internal import Syscalls
internal import Varlink

/// Who is connected to what runs: recorded when it begins and when it is over, once each, also where
/// another supervisor sees the end.
extension Supervisor {
    /// How long whoever was attached has to come back to a run that was taken over.
    private static let returnPatience: Int64 = 60_000_000

    /// What a call to run something is; nil where its caller is connected to nothing of it.
    func sessionKind(_ request: ExecuteRequest) -> SessionRow.Kind? {
        if request.terminal != nil { return .shell }
        return request.isLogged ? nil : .exec
    }

    /// Where it cannot be written down, the run's end does it.
    func closeSessions(
        of run: RunID, _ kinds: [SessionRow.Kind], _ cause: String, _ how: String
    ) {
        do throws(LedgerError) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.closeSessions(of: run, kinds, cause, how)
            }
        } catch { journal.report(error) }
    }

    /// After a start: those who had a terminal have a while to come back to it, and what is open of runs
    /// that nobody knows is over.
    func resumeSessions() throws {
        for session in try ledger.openSessions() {
            guard let run = runs[session.run] else {
                closeSessions(
                    of: session.run, [session.kind], "lost",
                    "its run ended while no supervisor was there")
                continue
            }
            // With any other, the caller's return or the run's end is waited for.
            if session.kind == .exec || run.sessionTimer != nil { continue }
            let timer = try loop.timer { [unowned self, unowned run] in
                run.sessionTimer = nil
                if run.attachedConnection != nil { return }
                closeSessions(
                    of: run.id, [.shell, .attach], "lost",
                    "nobody came back to it after the supervisor was started anew")
                freeTerminal(of: run)
            }
            timer.set(at: loop.now + Self.returnPatience)
            run.sessionTimer = timer
        }
    }
}

extension LedgerChanges {
    /// With the end of a run its sessions end.
    borrowing func closeSessions(
        of run: RunID, endedBy state: RunRow.State
    ) throws(LedgerError) {
        switch state {
        case .intended, .running: return
        case .refused:
            try closeSessions(of: run, SessionRow.Kind.allCases, "refused", "it was not started")
        case .ended(.lost, _):
            try closeSessions(of: run, SessionRow.Kind.allCases, "lost", "its run was lost")
        case .ended(_, let cause):
            try closeSessions(
                of: run, SessionRow.Kind.allCases, "ended", "its run ended: \(printable(cause))")
        }
    }
}
