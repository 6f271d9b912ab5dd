public import Plan
internal import Syscalls

/// Limits that somebody else changes: by `systemctl set-property`, or by writing to the files. A leaf is
/// named where its own are meant, nil where the project's are.
extension ProjectCgroup {
    /// The control files of the limits, those that there are: what is to be watched.
    public func controlFiles(of leaf: CgroupLeaf? = nil) -> [String] {
        let directory = leaf.map { "\(path)/\($0.path)" } ?? limited?.path ?? ""
        var names = ControlFile.all.map(\.file) + ["io.max"]
        for limit in asked(of: leaf)?.limits.hugePages ?? [] {
            names.append(ControlFile.hugePages(limit.size).file)
        }
        var paths: [String] = []
        for name in names where read(name, of: leaf) != nil { paths.append("\(directory)/\(name)") }
        return paths
    }

    /// Limits that are not what we put in force: `to` is what they are now. Each change is told once;
    /// what is written while memory is taken away is ours.
    public func changesFromOutside(of leaf: CgroupLeaf? = nil) -> [LimitChange] {
        guard let asked = asked(of: leaf) else { return [] }
        var changes: [LimitChange] = []
        var stillThere: Set<LimitChange> = []
        for deviation in deviations(from: asked, of: leaf) {
            if leaf == nil, let own = staged[deviation.write.file],
                let content = limited?.read(own.file),
                own.isInForce(in: content)
                    || own.value == "max" && content.utf8.starts(with: "max".utf8)
            {
                continue
            }
            let change = LimitChange(
                deviation.change.name, from: deviation.change.to, to: deviation.change.from)
            stillThere.insert(change)
            if toldOutside[leaf]?.contains(change) != true { changes.append(change) }
        }
        toldOutside[leaf] = stillThere
        return changes
    }

    /// What was put in force by whoever had this cgroup before: what differs from it, others changed.
    public func recall(
        _ limits: Limits, allowUnlimited: Bool, of leaf: CgroupLeaf? = nil
    ) throws(CgroupError) {
        let resolved = try ResolvedLimits(limits, allowUnlimited: allowUnlimited, on: host)
        guard let leaf else {
            asked = resolved
            // systemd knows these, but for what others have written to the files.
            told = deviations(from: resolved, of: nil).isEmpty ? resolved.writes : []
            return
        }
        askedOfLeaves[leaf] = resolved
    }

    private func asked(of leaf: CgroupLeaf?) -> ResolvedLimits? {
        guard let leaf else { return asked }
        return askedOfLeaves[leaf]
    }

    private func deviations(
        from resolved: ResolvedLimits, of leaf: CgroupLeaf?
    ) -> [Deviation] {
        guard let leaf else { return limited?.deviations(from: resolved, earlier: resolved) ?? [] }
        guard let directory = try? top?.child(leaf.path) else { return [] }
        return directory.deviations(from: resolved, earlier: resolved)
    }
}
