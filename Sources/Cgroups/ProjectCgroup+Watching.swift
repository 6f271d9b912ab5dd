internal import Plan
internal import Syscalls

/// Limits that somebody else changes: by `systemctl set-property`, or by writing to the files.
extension ProjectCgroup {
    /// The control files of the project's limits, those that there are: what is to be watched.
    public var controlFiles: [String] {
        let directory = limited?.path ?? ""
        var names = ControlFile.all.map(\.file) + ["io.max"]
        for limit in asked?.limits.hugePages ?? [] {
            names.append(ControlFile.hugePages(limit.size).file)
        }
        var paths: [String] = []
        for name in names where limited?.read(name) != nil {
            paths.append("\(directory)/\(name)")
        }
        return paths
    }

    /// Limits of the project that are not what we put in force: `to` is what they are now. Each change is
    /// told once; what is written while memory is taken away is ours.
    public func changesFromOutside() -> [LimitChange] {
        guard let asked, let found = limited?.deviations(from: asked, earlier: asked) else {
            return []
        }
        var changes: [LimitChange] = []
        var stillThere: Set<LimitChange> = []
        for deviation in found {
            if let own = staged[deviation.write.file], let content = limited?.read(own.file),
                own.isInForce(in: content)
                    || own.value == "max" && content.utf8.starts(with: "max".utf8)
            {
                continue
            }
            let change = LimitChange(
                deviation.change.name, from: deviation.change.to, to: deviation.change.from)
            stillThere.insert(change)
            if !toldOutside.contains(change) { changes.append(change) }
        }
        toldOutside = stillThere
        return changes
    }
}
