internal import Configuration
internal import Ledger
internal import Plan
internal import Syscalls
internal import Tracing

/// A part of the supervisor and how it does.
struct Component {
    let name: String
    let isWell: Bool
    let text: String
}

extension Supervisor {
    func components() -> [Component] {
        let live = sandboxes.count
        let busy = runs.count
        let uptime = Milliseconds(UInt64((monotonicMicroseconds() - startedAt) / 1_000))
        return [
            Component(
                name: "supervisor", isWell: true,
                text: "pid \(currentProcessID()), up \(uptime), version \(version), "
                    + "\(counted(live, "sandbox", "sandboxes")), \(counted(busy, "run", "runs")), "
                    + host.residentText()),
            ledgerComponent, host.journalComponent(), host.cgroupComponent(),
            configurationComponent, auditComponent, denialsComponent,
        ]
    }

    private var auditComponent: Component {
        var parts = ["record \(ledger.auditTip.sequence)"]
        if trail.unconfirmedCount > 0 {
            parts.append("\(trail.unconfirmedCount) not known to be in the journal")
        }
        if let trouble = trail.trouble { parts.append(trouble.text) }
        if trail.key == nil { parts.append("no key: nothing is signed") }
        if let anchors = trail.anchors.text { parts.append(anchors) }
        return Component(
            name: "audit",
            isWell: trail.key != nil && trail.trouble == nil && trail.anchors.areWell,
            text: commaSeparated(parts))
    }

    private var configurationComponent: Component {
        if let refusal = active.refusal {
            return Component(
                name: "configuration", isWell: false,
                text: "version \(active.version) stays in force, the files are refused: \(refusal)")
        }
        return Component(
            name: "configuration", isWell: true,
            text: active.version == 0
                ? "none applied yet: write \(options.configuration)/bulkhead.yaml"
                : "version \(active.version), \(active.configuration.projects.count) projects")
    }

    private var denialsComponent: Component {
        let trouble = denialsUnseen?.message ?? denials?.trouble
        return Component(
            name: "denials", isWell: trouble == nil, text: trouble ?? "named within a second")
    }

    private var ledgerComponent: Component {
        if let error = arrearsError {
            return Component(
                name: "ledger", isWell: false, text: "cannot be written: \(error.message)")
        }
        return Component(name: "ledger", isWell: true, text: "\(options.state)/ledger.db")
    }
}
