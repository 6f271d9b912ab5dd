internal import JSONTree
internal import Ledger
internal import Plan
internal import Supervision
internal import Syscalls
internal import Varlink
internal import Volumes

/// `StorageShow`.
extension Supervisor {
    /// Of what was left behind by projects that are gone, and of those that are there, so many are told.
    private static let volumesToldMax = 10_000

    func showStorage(_ call: Call) throws {
        let only = try optionalProjectName(call)
        let records = try ledger.volumes()
        var names = Set(fleet.views.map(\.policy.name))
        names.formUnion(records.map(\.project))
        names.formUnion(host.volumeHomes(volumePlaces))
        if let only {
            if !names.contains(only) { throw Failure.projectNotFound(only, self) }
            names = [only]
        }
        var told: [JSON] = []
        for project in names.sorted().prefix(Self.volumesToldMax) {
            told += rows(of: project, records.filter { $0.project == project })
        }
        call.reply(["volumes": .array(told)])
    }

    /// What a project uses now, and after it what is kept of it beside that.
    private func rows(of project: ProjectName, _ records: [VolumeRecord]) -> [JSON] {
        let form = fleet.policy(of: project)?.storage
        let quarantined = host.quarantined(of: project, volumePlaces)
        var rows: [JSON] = []
        var current: VolumeRecord?
        if let form {
            current = records.first { $0.isOwn == (form == .direct) }
            rows.append(row(of: project, form, current, quarantined))
        }
        for record in records where record != current {
            rows.append(row(of: project, nil, record, rows.isEmpty ? quarantined : []))
        }
        if rows.isEmpty && !quarantined.isEmpty {
            rows.append(row(of: project, nil, nil, quarantined))
        }
        return rows
    }

    private func row(
        of project: ProjectName, _ form: StorageForm?, _ record: VolumeRecord?,
        _ quarantined: [String]
    ) -> JSON {
        let up = form == nil ? nil : volume(of: project)
        let usage = form == nil ? nil : diskUsage(of: project)
        let state =
            switch record?.state {
            case .making: "making"
            case .removing: "removing"
            case .made, nil:
                up != nil || record == nil && sandboxes[project] != nil ? "up" : "down"
            }
        let home = volumePlaces.home(of: project)
        let path = record?.path ?? (form == .direct ? fleet.policy(of: project)?.path : nil)
        return [
            "project": .string(project.text), "storage": .string(form?.rawValue ?? ""),
            "kind": .string(
                (record?.kind ?? (form == .direct ? .directory : nil))?.rawValue ?? ""),
            "path": .string(up?.root ?? path ?? home), "bytes": usage.map { .count($0.bytes) },
            "bytes_max": usage?.bytesMax.map(JSON.count),
            "inodes": usage.map { .count($0.inodes) },
            "inodes_max": usage?.inodesMax.map(JSON.count), "state": .string(state),
            "quarantined": .array(quarantined.map { .string("\(home)/\($0)") }),
        ]
    }
}
