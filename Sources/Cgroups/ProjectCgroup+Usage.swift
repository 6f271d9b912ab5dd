extension ProjectCgroup {
    /// `memory.events` of the whole project.
    public func memoryEvents() -> CgroupUsage.MemoryEvents? {
        CgroupUsage { $0 == "memory.events" ? limited?.read($0) : nil }.memory
    }

    /// What its processes, or those of a leaf, have used, by these control files alone.
    /// `memory.events.local`, where it is among them, is read for `memory.events`.
    public func usage(of leaf: CgroupLeaf? = nil, only files: Set<String>) -> CgroupUsage {
        CgroupUsage { name in
            var file = name
            if name == "memory.events", files.contains("memory.events.local") {
                file = "memory.events.local"
            } else if !files.contains(name) {
                return nil
            }
            if let leaf { return top?.read("\(leaf.path)/\(file)") }
            return limited?.read(file)
        }
    }

    /// Where its limits are; nil before it is made.
    public var limitedDirectory: String? { limited?.path }
}
