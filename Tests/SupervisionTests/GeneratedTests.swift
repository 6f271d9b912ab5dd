import Plan
import Supervision
import Testing

/// Random events against a fleet in a model of the world, with virtual time.
@Suite struct GeneratedTests {
    @Test(arguments: 0..<8 as Range<UInt64>)
    func nothingIsAskedThatMayNotBeAsked(seed: UInt64) throws {
        var world = try World(seed: seed)
        for _ in 0..<5_000 { try world.advance() }
    }

    @Test(arguments: 100..<108 as Range<UInt64>)
    func norWhenTheSupervisorIsKilledAgainAndAgain(seed: UInt64) throws {
        var world = try World(seed: seed)
        for _ in 0..<5_000 { try world.advance(killsOneIn: 5) }
    }

    @Test(arguments: 200..<206 as Range<UInt64>)
    func whatIsStoredIsEnoughToContinueAtEveryStep(seed: UInt64) throws {
        var world = try World(seed: seed)
        for _ in 0..<500 {
            try world.advance(killsOneIn: 50)
            try world.checkRestored()
        }
    }

    @Test(arguments: 300..<330 as Range<UInt64>)
    func whenNothingFailsAnyMoreEverythingThatIsWantedComesUp(seed: UInt64) throws {
        var world = try World(seed: seed)
        for _ in 0..<300 { try world.advance(killsOneIn: 20) }
        try world.comeToRest()
    }

    @Test(arguments: 400..<430 as Range<UInt64>, [0, 1, 2])
    func whatIsStoppedIsDownInWhateverWay(seed: UInt64, way: Int) throws {
        var world = try World(seed: seed)
        for _ in 0..<200 { try world.advance(killsOneIn: 20) }
        if way != 1 { try world.comeToRest() }
        world.isKind = true
        try world.end(way)
    }

    @Test func theSameSeedLeadsToTheSameEffects() throws {
        var traces: [[Effect]] = []
        for _ in 0..<2 {
            var world = try World(seed: 500)
            world.keepsTrace = true
            for _ in 0..<2_000 { try world.advance(killsOneIn: 30) }
            traces.append(world.trace)
        }
        #expect(traces[0].count > 1_000)
        #expect(traces[0] == traces[1])
    }
}
