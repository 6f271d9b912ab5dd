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

    @Test func whatNothingHoldsUpRuns() throws {
        let (account, isSlow) = try evidence { $0.stalls[.cpu] = Stall(some: 19.9, full: 0) }
            .account()
        #expect(account.cause == .running && !isSlow)
        #expect(account.evidence == ["cpu.pressure: some 20%, full 0% of the last 10 s"])
    }

    @Test func aProcessorLimitThatStopsItIsNamedWithHalfMoreToAskFor() throws {
        let (account, isSlow) = try evidence {
            $0.stalls[.cpu] = Stall(some: 80, full: 0)
            $0.throttling = .init(periods: 100, throttled: 78, stopped: 5_000_000, span: 0)
            $0.limits = [.init(file: "cpu.max", value: "20000 100000")]
        }.account()
        #expect(isSlow && account.cause == .slowCPU)
        #expect(
            account.text
                == "waits for a processor for 80% of the time: cpu.max 0.2 stops it in 78% of its"
                + " periods")
        #expect(account.suggestion == "bulkhead quota set shop/web --cpu 0.3")
    }

    @Test func withoutALimitOthersHaveTheProcessors() throws {
        let (account, _) = try evidence { $0.stalls[.cpu] = Stall(some: 40, full: 0) }.account()
        #expect(account.text == "waits for a processor for 40% of the time: others have them")
        #expect(account.suggestion == "bulkhead top --once")
    }

    @Test func memoryHighIsNamedWhereItIsHeldThere() throws {
        let (account, isSlow) = try evidence {
            $0.stalls[.memory] = Stall(some: 30, full: 20)
            $0.stalls[.io] = Stall(some: 50, full: 20)
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
            $0.stalls[.io] = Stall(some: 50, full: 20)
            $0.stalls[.cpu] = Stall(some: 30, full: 0)
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

    @Test func aPressureFileIsReadAndNonsenseIsNot() {
        let text =
            "some avg10=1.53 avg60=0.44 avg300=0.10 total=12\nfull avg10=0.50 avg60=0 avg300=0"
            + " total=9\n"
        #expect(Stall(parsing: text) == Stall(some: 1.53, full: 0.5))
        // Without a line of its own, as of the processor on older kernels.
        #expect(
            Stall(parsing: "some avg10=2.00 avg60=0 avg300=0 total=1\n")
                == Stall(some: 2, full: 0))
        #expect(Stall(parsing: "") == nil)
        #expect(Stall(parsing: "some 1\n") == nil)
    }
}
