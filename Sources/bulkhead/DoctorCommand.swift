internal import Client
internal import Doctor
internal import JSONTree
internal import Plan
internal import Syscalls

/// `bulkhead doctor`.
///
/// - Returns: the exit status: 1 where `bulkhead run` with its defaults would be refused.
func examineHost(json: Bool) -> Int32 {
    let findings = examine(
        installation(), profiles: profileStore(installation()), denials: askAboutDenials)
    let isTerminal = isTerminal(Stream.standardOutput.rawValue)
    let status = say(json ? findings.json : findings.table(coloured: isTerminal))
    return findings.refusesRun ? 1 : status
}

/// What `bulkhead status denials` shows.
private func askAboutDenials() -> SupervisorAnswer {
    do throws(ClientError) {
        let reply = try Supervisor(at: controlSocket(nil)).call(
            "Health", ["component": "denials"], timeout: Milliseconds(5_000))
        guard let component = reply["components"]?.array?.first,
            let isWell = component["ok"]?.bool, let text = component["text"]?.string
        else { return .failed("the supervisor does not say whether they are named", hint: nil) }
        return .component(isWell: isWell, text: text)
    } catch {
        switch error {
        case .unreachable(_, .ENOENT), .unreachable(_, .ECONNREFUSED): return .none
        default: return .failed(error.message, hint: error.hint)
        }
    }
}

/// Where the files of this very program are.
func installation() -> Installation {
    // Where /proc is absent, what is usual is as good as anything: doctor says that it is absent.
    Installation(executable: (try? linkTarget("/proc/self/exe")) ?? "/usr/bin/bulkhead")
}
