public import Plan

/// What the machine has, for all projects together.
public struct MachineCapacity: Hashable, Sendable {
    public var memory: Bytes
    public var processors: CPUBandwidth

    public init(memory: Bytes, processors: CPUBandwidth) {
        self.memory = memory
        self.processors = processors
    }
}
