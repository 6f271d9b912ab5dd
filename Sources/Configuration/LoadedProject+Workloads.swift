internal import Plan

extension LoadedProject {
    func service(_ draft: ServiceDraft, _ reading: inout Reading) -> ServicePolicy? {
        var result = draft.policy
        reading.within("services") { reading in
            reading.within(draft.workload.name.text) { reading in
                result.command = command(draft.workload, "services", &reading) ?? []
                result.limits = limits(draft.workload, "services", &reading)
                checkRestart(result, &reading)
            }
        }
        result.identity = draft.workload.identity(in: policy.identity)
        result.environment = draft.workload.environment
        result.workingDirectory = draft.workload.workingDirectory
        result.after = unique(draft.after.map(\.value))
        return result.command.isEmpty ? nil : result
    }

    func task(_ draft: TaskDraft, _ reading: inout Reading) -> TaskPolicy? {
        var result = TaskPolicy(name: draft.workload.name, command: [])
        reading.within("tasks") { reading in
            reading.within(draft.workload.name.text) { reading in
                result.command = command(draft.workload, "tasks", &reading) ?? []
                result.limits = limits(draft.workload, "tasks", &reading)
            }
        }
        result.identity = draft.workload.identity(in: policy.identity)
        result.environment = draft.workload.environment
        result.workingDirectory = draft.workload.workingDirectory
        result.timeLimit = draft.timeLimit
        return result.command.isEmpty ? nil : result
    }

    private func command(
        _ draft: WorkloadDraft, _ kind: String, _ reading: inout Reading
    ) -> [String]? {
        if let command = draft.command { return command }
        if node.value(at: [kind, draft.name.text, "command"]) == nil {
            reading.refuse(
                draft.position, "has no command",
                hint: "say what is to be run: command: [PROGRAM, ARGUMENT, …]")
        }
        return nil
    }

    /// Where mounts may not be: nothing could be seen of what belongs there.
    func checkMounts(_ draft: ProjectDraft, _ reading: inout Reading) {
        for (index, mount) in draft.mounts.enumerated() {
            let at = mount.value.at
            var reason: String?
            if at == policy.path { reason = "covers the project's own directory" }
            for tree in ["/proc", "/sys", "/dev"]
            where at == tree || at.utf8.starts(with: "\(tree)/".utf8) {
                reason = "\(quoted(at)) lies in \(tree), which belongs to the sandbox itself"
            }
            guard let reason else { continue }
            reading.within("mounts") { reading in
                reading.within("\(index)") {
                    $0.refuse(mount.position, reason, hint: "give it another place with 'at'")
                }
            }
        }
    }

    private func checkRestart(_ service: ServicePolicy, _ reading: inout Reading) {
        let restart = service.restart
        guard restart.delay > restart.delayMax else { return }
        let path = ["services", service.name.text, "restart"]
        let place = node.value(at: path + ["delay"]) ?? node.value(at: path + ["delay_max"])
        reading.within("restart") { reading in
            reading.within("delay") {
                $0.refuse(
                    place?.position ?? position,
                    "\(restart.delay) is above delay_max, \(restart.delayMax)",
                    hint: "keep it below")
            }
        }
    }

    /// Whether the services can be started in the order that `after` asks for.
    func checkOrder(_ draft: ProjectDraft, _ reading: inout Reading) {
        let names = draft.services.map(\.workload.name)
        var graph = Graph<WorkloadName>()
        for service in draft.services {
            let name = service.workload.name
            for wanted in service.after {
                if names.contains(wanted.value) {
                    graph.add(name, needs: wanted.value, at: wanted.position)
                    continue
                }
                let similar =
                    reading.wantsSuggestions
                    ? nearest(to: wanted.value.text, in: names.map(\.text)) : nil
                refuseAfter(
                    name, wanted.position, "there is no service \(quoted(wanted.value.text))",
                    similar.map { "did you mean '\($0)'?" }, &reading)
            }
        }
        for cycle in graph.cycles() {
            let way = cycle.names.map(\.text).joined(separator: " → ")
            refuseAfter(
                cycle.names[0], cycle.position, "services wait for each other: \(way)",
                "take one of them out", &reading)
        }
    }

    private func refuseAfter(
        _ service: WorkloadName, _ position: Position, _ reason: String, _ hint: String?,
        _ reading: inout Reading
    ) {
        reading.within("services") { reading in
            reading.within(service.text) { reading in
                reading.within("after") { $0.refuse(position, reason, hint: hint) }
            }
        }
    }
}
