import Syscalls
import Testing

@testable import Tracing

@Suite struct UsageTests {
    /// The kernel checks a program when it is loaded: one that it refuses fails here.
    @Test func theKernelTakesTheProgramThatCountsUse() throws {
        let tracer = try UsageTracer(cgroup: 1)
        // Cgroup 1 is the root: all of the machine is below it. The first process that is seen is taken
        // for init, so that nothing of ours can be told of here.
        _ = try tracer.read()
        tracer.detach()
        let then = try tracer.read()
        #expect(try tracer.read() == then)
    }

    @Test func anEntryIsSetAndFoundAndRemoved() throws {
        let table = try KernelTable(.hash, keySize: 4, valueSize: 8, entries: 4)
        #expect(try table.value(of: bytes(5, count: 4)) == nil)
        try table.set(bytes(5, count: 4), to: bytes(9))
        try table.set(bytes(6, count: 4), to: bytes(10))
        #expect(try table.value(of: bytes(5, count: 4)) == bytes(9))
        #expect(try Set(table.keys(atMost: 9)) == [bytes(5, count: 4), bytes(6, count: 4)])
        #expect(try table.keys(atMost: 1).count == 1)
        try table.remove(bytes(5, count: 4))
        try table.remove(bytes(5, count: 4))
        #expect(try table.keys(atMost: 9) == [bytes(6, count: 4)])
    }
}
