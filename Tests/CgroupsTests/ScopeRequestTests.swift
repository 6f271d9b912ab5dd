import CSystemd
import Plan
import Testing

@testable import Cgroups

@Suite struct ScopeRequestTests {
    func scope(_ limits: Limits, _ devices: [BlockDevice] = []) throws -> ScopeRequest {
        ScopeRequest(
            name: try SandboxName("build-17"), process: 4_711,
            writes: ControlWrite.all(for: limits, devices: devices))
    }

    @Test func everyLimitBecomesAProperty() throws {
        let request = try scope(ControlWriteTests.everything, ControlWriteTests.devices)
        let result = request.withC { scope in
            let scope = scope.pointee
            #expect(String(cString: scope.unit) == "bulkhead-run-build-17.scope")
            #expect(String(cString: scope.slice) == "bulkhead.slice")
            #expect(String(cString: scope.description) == "Bulkhead sandbox build-17")
            #expect(scope.pid == 4_711)
            #expect(scope.limits.memory_max == 512 << 20)
            #expect(scope.limits.memory_high == 400 << 20)
            #expect(scope.limits.memory_swap_max == 0)
            #expect(scope.limits.tasks_max == 256)
            #expect(scope.limits.cpu_usec_per_sec == 1_500_000)
            #expect(scope.limits.cpu_weight == 200)
            #expect(scope.limits.io_count == 1)
            #expect(String(cString: scope.limits.io[0].device) == "/dev/block/8:0")
            #expect(scope.limits.io[0].read_bytes == 10 << 20)
            #expect(scope.limits.io[0].write_bytes == 5 << 20)
            #expect(scope.limits.io[0].read_operations == 1_000)
            #expect(scope.limits.io[0].write_operations == 500)
            return 42
        }
        #expect(result == 42)
    }

    @Test func whatIsNotLimitedIsNotSet() throws {
        let limits = Limits(io: [IOLimit(path: "/", writeOperationsPerSecond: 7)])
        _ = try scope(limits, [BlockDevice(major: 8, minor: 0)]).withC { scope in
            let scope = scope.pointee
            #expect(scope.limits.memory_max == UInt64.max)
            #expect(scope.limits.memory_high == UInt64.max)
            #expect(scope.limits.memory_swap_max == UInt64.max)
            #expect(scope.limits.tasks_max == UInt64.max)
            #expect(scope.limits.cpu_usec_per_sec == UInt64.max)
            #expect(scope.limits.cpu_weight == UInt64.max)
            #expect(scope.limits.io[0].read_bytes == UInt64.max)
            #expect(scope.limits.io[0].write_operations == 7)
            return 0
        }
    }

    @Test(arguments: [(5, 5_000), (10, 10_000), (1_000, 1_000_000)] as [(UInt32, UInt64)])
    func processorTimeIsCountedASecond(millicores: UInt32, microseconds: UInt64) throws {
        let limits = Limits(cpuMax: CPUBandwidth(millicores: millicores))
        _ = try scope(limits).withC {
            #expect($0.pointee.limits.cpu_usec_per_sec == microseconds)
            return 0
        }
    }

    @Test func aProjectsScopeIsInASliceOfItsOwnThatHasTheLimits() throws {
        let request = ScopeRequest(
            project: try ProjectName("api-gw.v2"), process: 7,
            writes: ControlWrite.all(for: Limits(pidsMax: 9), devices: []))
        let result = request.withC { scope in
            let scope = scope.pointee
            #expect(String(cString: scope.unit) == "bulkhead-api\\x2dgw.v2.scope")
            #expect(String(cString: scope.slice) == "bulkhead-api\\x2dgw.v2.slice")
            #expect(String(cString: scope.description) == "Bulkhead project api-gw.v2")
            #expect(scope.makes_slice == 1)
            #expect(scope.limits.tasks_max == 9)
            return 1
        }
        #expect(result == 1)
    }
}
