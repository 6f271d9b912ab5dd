internal import Plan
internal import Syscalls

/// How much a cgroup's processes had to wait for one resource: Documentation/accounting/psi.rst.
public struct Stall: Hashable, Sendable {
    /// The resources, by the names of their files: `cpu.pressure`.
    public enum Resource: String, Hashable, Sendable, CaseIterable {
        case cpu, memory, io
    }

    /// In percent of the last ten seconds: some process waited; all that could have run did.
    public var some: Double
    public var full: Double

    public init(some: Double, full: Double) {
        self.some = some
        self.full = full
    }

    /// Nil where the text is no pressure file.
    public init?(parsing text: String) {
        var found: [Substring: Double] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 2, words[1].hasPrefix("avg10="),
                let share = Double(words[1].dropFirst("avg10=".utf8.count))
            else { return nil }
            found[words[0]] = share
        }
        guard let some = found["some"] else { return nil }
        self.init(some: some, full: found["full"] ?? 0)
    }
}

extension ProjectCgroup {
    /// Nil where the kernel does not say.
    public func stall(_ resource: Stall.Resource, of leaf: CgroupLeaf? = nil) -> Stall? {
        let file = "\(resource.rawValue).pressure"
        let text: String?
        if let leaf { text = top?.read("\(leaf.path)/\(file)") } else { text = limited?.read(file) }
        guard let text else { return nil }
        return Stall(parsing: text)
    }

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
