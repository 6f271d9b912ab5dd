import Syscalls
import Testing

@testable import Cgroups

@Suite struct AbandonedScopesTests {
    private static let slice = "/sys/fs/cgroup/bulkhead.slice"

    private static func fixture() throws -> Fixture {
        try Fixture([
            "\(slice)/bulkhead-run-old.scope/cgroup.events": "populated 0\nfrozen 0\n",
            "\(slice)/bulkhead-run-busy.scope/cgroup.events": "populated 1\nfrozen 0\n",
            "\(slice)/somebody-elses.scope/cgroup.events": "populated 0\nfrozen 0\n",
            "\(slice)/bulkhead-run-odd.service/cgroup.events": "populated 0\nfrozen 0\n",
        ])
    }

    @Test func anOldScopeThatNeverHadAProcessIsAbandoned() throws {
        let fixture = try Self.fixture()
        let later = realtimeNanoseconds() + AbandonedScopes.nanosecondsMin
        let units = AbandonedScopes.units(in: Self.slice, on: fixture.host(), now: later)
        #expect(units == ["bulkhead-run-old.scope"])
    }

    @Test func aYoungOneMayStillGetItsProcess() throws {
        let fixture = try Self.fixture()
        let now = realtimeNanoseconds()
        #expect(AbandonedScopes.units(in: Self.slice, on: fixture.host(), now: now) == [])
    }

    @Test func withoutASliceThereIsNone() throws {
        let fixture = try Fixture(["/sys/fs/cgroup/": ""])
        #expect(AbandonedScopes.units(in: Self.slice, on: fixture.host(), now: .max) == [])
    }
}
