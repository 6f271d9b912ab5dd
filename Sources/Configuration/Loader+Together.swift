internal import Plan

/// What no project can be asked about alone.
extension Loader {
    mutating func checkTogether(on machine: MachineCapacity) {
        noteUnusedLayers()
        checkDependencies()
        checkPaths()
        checkGuarantees(on: machine)
        checkProcessors(on: machine)
    }

    private mutating func noteUnusedLayers() {
        let known = Set(projects.map(\.name.text))
        for (name, node) in layers.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
            reading.noteUnused(layer: name, node.position)
        }
    }

    private mutating func checkDependencies() {
        let names = projects.map(\.name.text)
        let known = Set(projects.map(\.name))
        var graph = Graph<ProjectName>()
        for project in projects {
            for wanted in project.dependencies {
                if known.contains(wanted.value) {
                    graph.add(project.name, needs: wanted.value, at: wanted.position)
                    continue
                }
                let similar =
                    reading.wantsSuggestions ? nearest(to: wanted.value.text, in: names) : nil
                refuse(
                    wanted.position, project, "dependencies",
                    "there is no project \(quoted(wanted.value.text))",
                    similar.map { "did you mean '\($0)'?" })
            }
        }
        for cycle in graph.cycles() {
            let way = cycle.names.map(\.text).joined(separator: " → ")
            guard let project = projects.first(where: { $0.name == cycle.names[0] }) else {
                continue
            }
            refuse(
                cycle.position, project, "dependencies", "projects wait for each other: \(way)",
                "take one of them out")
        }
    }

    /// A project whose directory lies in another's could be changed by it.
    private mutating func checkPaths() {
        // By bytes, as the kernel compares them.
        var owners: [[UInt8]: Int] = [:]
        for (index, project) in projects.enumerated() where !project.policy.path.isEmpty {
            let path = Array(project.policy.path.utf8)
            if let owner = owners[path] {
                let other = projects[owner]
                refuse(
                    project.position(of: "path"), project, "path",
                    "\(quoted(project.policy.path)) is the path of project "
                        + "\(quoted(other.name.text)) too, in \(other.position(of: "path"))",
                    "give each project a directory of its own")
            } else {
                owners[path] = index
            }
        }
        for project in projects {
            let path = Array(project.policy.path.utf8)
            for (end, byte) in path.enumerated() where byte == UInt8(ascii: "/") && end > 0 {
                guard let owner = owners[Array(path[..<end])] else { continue }
                let other = projects[owner]
                refuse(
                    project.position(of: "path"), project, "path",
                    "\(quoted(project.policy.path)) lies in \(quoted(other.policy.path)), which "
                        + "project \(quoted(other.name.text)) may change",
                    "give each project a directory of its own")
                break
            }
        }
    }

    private mutating func checkGuarantees(on machine: MachineCapacity) {
        var memory: UInt128 = 0
        var processors: UInt64 = 0
        var mostMemory = machine.memory
        var whoseMemory = "this machine has"
        if let limit = globalSettings.memoryLimit, limit < mostMemory {
            mostMemory = limit
            whoseMemory = "global_memory_limit_gb allows"
        }
        var mostProcessors = machine.processors
        var whoseProcessors = "this machine has"
        if let limit = globalSettings.cpuCores, limit < mostProcessors {
            mostProcessors = limit
            whoseProcessors = "global_cpu_cores allows"
        }
        for project in projects where project.policy.status != .archived {
            if let least = project.policy.limits.memoryMin {
                let before = memory
                memory += UInt128(least.count)
                if before <= mostMemory.count, memory > mostMemory.count {
                    let sum = Bytes(UInt64(clamping: memory))
                    refuse(
                        project.position(of: "limits", "memory_min"), project,
                        "limits.memory_min",
                        "with it \(sum) are guaranteed, and \(whoseMemory) \(mostMemory)",
                        "guarantee less")
                }
            }
            if let least = project.policy.limits.cpuMin {
                let before = processors
                processors += UInt64(least.millicores)
                let most = UInt64(mostProcessors.millicores)
                if before <= most, processors > most {
                    let sum = CPUBandwidth(millicores: UInt32(clamping: processors))
                    refuse(
                        project.position(of: "limits", "cpu_min"), project, "limits.cpu_min",
                        "with it \(sum) processors are guaranteed, and \(whoseProcessors) "
                            + "\(mostProcessors)", "guarantee less")
                }
            }
        }
    }

    /// A processor that is not there is none to run on.
    private mutating func checkProcessors(on machine: MachineCapacity) {
        let count = UInt16(clamping: machine.processors.millicores / 1_000)
        for project in projects {
            var places = [(["limits"], project.policy.limits.cpuSet)]
            for service in project.policy.services {
                places.append((["services", service.name.text, "limits"], service.limits.cpuSet))
            }
            for task in project.policy.tasks {
                places.append((["tasks", task.name.text, "limits"], task.limits.cpuSet))
            }
            for (path, set) in places {
                guard let set, !set.isSubset(of: CPUSet(first: count)) else { continue }
                let whole = path + ["cpus"]
                var key = ""
                for part in whole { key += key.isEmpty ? part : ".\(part)" }
                refuse(
                    project.node.value(at: whole)?.position ?? project.position, project, key,
                    "this machine has no processor \(set.highest)",
                    "it has \(CPUSet(first: count))")
            }
        }
    }

    private mutating func refuse(
        _ position: Position, _ project: LoadedProject, _ key: String, _ reason: String,
        _ hint: String?
    ) {
        reading.add(
            Problem(position, "projects.\(project.name).\(key)", reason, hint: hint))
    }
}
