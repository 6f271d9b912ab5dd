import Cgroups
import Plan
import Testing

@testable import Observing

struct RunningTests {
    private func evidence(_ change: (inout RunningEvidence) -> Void = { _ in }) throws
        -> RunningEvidence
    {
        var evidence = RunningEvidence(try ProjectName("shop"), try WorkloadName("web"))
        change(&evidence)
        return evidence
    }

    /// As the kernel writes it; in percent of the last ten seconds.
    private func pressure(_ shares: [Pressure.Resource: (some: Double, full: Double)]) -> Pressure {
        Pressure { name in
            guard let (_, share) = shares.first(where: { $0.key.file == name }) else { return nil }
            let rest = " avg60=0.00 avg300=0.00 total=1\n"
            return "some avg10=\(share.some)0\(rest)full avg10=\(share.full)0\(rest)"
        }
    }

    @Test func whatNothingHoldsUpRuns() throws {
        let (account, isSlow) = try evidence { $0.pressure = pressure([.cpu: (19.9, 0)]) }
            .account()
        #expect(account.cause == .running && !isSlow)
        #expect(account.evidence == ["cpu.pressure: some 20%, full 0% of the last 10 s"])
    }

    @Test func aProcessorLimitThatStopsItIsNamedWithHalfMoreToAskFor() throws {
        let (account, isSlow) = try evidence {
            $0.pressure = pressure([.cpu: (80, 0)])
            $0.throttling = .init(
                periods: 100, throttled: 78, stopped: 5_000_000, span: 12_000_000)
            $0.limits = [.init(file: "cpu.max", value: "20000 100000")]
        }.account()
        #expect(isSlow && account.cause == .slowCPU)
        #expect(
            account.text
                == "waits for a processor for 80% of the time: cpu.max 0.2 stops it in 78% of its"
                + " periods")
        #expect(account.suggestion == "bulkhead quota set shop/web --cpu 0.3")
        #expect(
            account.evidence.first
                == "throttled in 78 of 100 periods of the last 12s, 5s in all")
    }

    @Test func withoutALimitOthersHaveTheProcessors() throws {
        let (account, _) = try evidence { $0.pressure = pressure([.cpu: (40, 0)]) }.account()
        #expect(account.text == "waits for a processor for 40% of the time: others have them")
        #expect(account.suggestion == "bulkhead top --once")
    }

    @Test func memoryHighIsNamedWhereItIsHeldThere() throws {
        let (account, isSlow) = try evidence {
            $0.pressure = pressure([.memory: (30, 20), .io: (50, 20)])
            $0.usage.memoryCurrent = .mebibytes(100)
            $0.projectLimits = [
                .init(file: "memory.high", value: "104857600"),
                .init(file: "memory.max", value: "max"),
            ]
        }.account()
        #expect(isSlow && account.cause == .slowMemory)
        #expect(
            account.text == "waits for memory for 30% of the time: it is held at memory.high 100M")
        #expect(account.suggestion == "bulkhead quota set shop --memory-high 140M")
    }

    @Test func waitingForTheDiskIsToldAsThat() throws {
        let (account, isSlow) = try evidence {
            $0.pressure = pressure([.io: (50, 20), .cpu: (30, 0)])
        }.account()
        #expect(isSlow && account.cause == .slowIO)
    }

    @Test func aProcessThatWasKilledInItIsToldWhileItRuns() throws {
        let (account, isSlow) = try evidence { $0.usage.memory = .init(oom: 1, oomKill: 2) }
            .account()
        #expect(!isSlow && account.cause == .memoryChild)
        #expect(account.text == "runs, but 2 processes were killed for want of memory in it")
    }

    @Test func aFullTableOfProcessesAndAFullStorageAreTold() throws {
        let pids = try evidence {
            $0.usage.pidsCurrent = 20
            $0.limits = [.init(file: "pids.max", value: "20")]
        }.account().account
        #expect(pids.cause == .pids && pids.suggestion == "bulkhead quota set shop/web --pids 40")
        let disk = try evidence {
            $0.disk = .init(bytes: 99, bytesMax: 100, inodes: 1, inodesMax: nil)
        }.account().account
        #expect(disk.cause == .disk && disk.suggestion == "bulkhead rescue shop")
    }
}
