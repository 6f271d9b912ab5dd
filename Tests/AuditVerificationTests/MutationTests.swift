import AuditVerification
import Testbed
import Testing
import TrailMaking

/// A short piece of what scripts/soak --audit does.
struct MutationTests {
    @Test func whatIsDoneToATrailIsFoundWhereItWasDone() throws {
        var random = Seeded(7)
        var made = 0
        while made < 200 {
            let trail = try TrueTrail(seed: random.next())
            for _ in 0..<5 {
                let kind = Mutation.Kind.allCases[made % Mutation.Kind.allCases.count]
                guard let mutation = try Mutation(kind, of: trail, &random) else { continue }
                made += 1
                #expect(mutation.fault(in: try trail.verdict(of: mutation.entries)) == nil)
            }
        }
    }

    @Test func nothingIsFoundInTrailsThatAreTrue() throws {
        for seed in 0..<20 {
            let trail = try TrueTrail(seed: UInt64(seed))
            let verdict = try trail.verdict(of: trail.entries)
            #expect(verdict.findings == [])
            var random = Seeded(UInt64(seed) + 1_000)
            let both = try trail.verdict(of: trail.followed(&random))
            #expect(both.findings == [])
            #expect(both.chains.count == 2)
            #expect(verdict.chains.map(\.signedTo) == [trail.anchored])
            #expect(verdict.chains.map(\.records) == [UInt64(trail.entries.count)])
        }
    }
}
