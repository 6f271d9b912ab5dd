internal import Plan

extension Configuration {
    /// What it would make of each project to go from one configuration to another, by name.
    public static func changes(
        from old: Configuration, to new: Configuration
    ) -> [ProjectChange] {
        var before: [ProjectName: ProjectPolicy] = [:]
        for project in old.projects { before[project.name] = project }
        var result: [ProjectChange] = []
        for project in new.projects {
            guard let earlier = before.removeValue(forKey: project.name) else {
                result.append(ProjectChange(project: project.name, verb: .add, items: []))
                continue
            }
            let items = changes(
                from: earlier, old.details[project.name] ?? ProjectDetails(),
                to: project, new.details[project.name] ?? ProjectDetails())
            result.append(
                ProjectChange(
                    project: project.name, verb: items.isEmpty ? .keep : .change, items: items))
        }
        for name in before.keys {
            result.append(ProjectChange(project: name, verb: .remove, items: []))
        }
        return result.sorted { $0.project < $1.project }
    }

    private static func changes(
        from old: ProjectPolicy, _ oldDetails: ProjectDetails, to new: ProjectPolicy,
        _ newDetails: ProjectDetails
    ) -> [ProjectChange.Item] {
        let oldServices = Set(old.services.map(\.name))
        let newServices = Set(new.services.map(\.name))
        // Of a service that comes or goes, only that it does.
        let before = PolicyFields(old, oldDetails).fields.filter { field in
            field.isWhole || field.service.map { newServices.contains($0) } ?? true
        }
        let after = PolicyFields(new, newDetails).fields.filter { field in
            field.isWhole || field.service.map { oldServices.contains($0) } ?? true
        }
        var earlier: [String: PolicyFields.Field] = [:]
        for field in before { earlier[field.key] = field }
        var items: [ProjectChange.Item] = []
        for field in after {
            guard let last = earlier.removeValue(forKey: field.key) else {
                items.append(item(field, "added"))
                continue
            }
            if last.value == field.value { continue }
            guard let was = last.shown, let now = field.shown else {
                items.append(item(field, "changed"))
                continue
            }
            // Two sizes may read alike and differ.
            let texts = was == now ? (list(last.value), list(field.value)) : (was, now)
            items.append(item(field, "\(printable(texts.0)) → \(printable(texts.1))"))
        }
        for field in before where earlier[field.key] != nil { items.append(item(field, "removed")) }
        return items
    }

    private static func item(_ field: PolicyFields.Field, _ what: String) -> ProjectChange.Item {
        ProjectChange.Item(
            key: field.key, text: "\(printable(field.key)) \(what)", need: field.need)
    }
}
