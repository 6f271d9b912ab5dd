import Plan
import Scheduling
import Testbed
import Testing

/// Projects that come, run and go at random, with more wanted than there is.
@Suite struct AdmissionPropertyTests {
    private static let runMax: Int64 = 300
    private static let pauseMax: Int64 = 60

    @Test func whoCanNeverFitKeepsNobodyWaiting() throws {
        let queue = AdmissionQueue(
            ageing: 1_000, runningMax: 4, capacity: Amounts(cpu: 4_000, memory: 4_096))
        let entries = [("huge", 5_000.0, Int64(0)), ("small", 1_000, 100_000)].map {
            AdmissionQueue.Entry(
                project: try! ProjectName($0.0), priority: .low, arrival: $0.2,
                guarantee: Amounts(cpu: $0.1))
        }
        let verdicts = queue.decide(entries, running: [], now: 200_000).map(\.verdict)
        #expect(
            verdicts == [
                .waits(ahead: 0, why: .resource(.cpu, wanted: 5_000, free: 4_000)), .runs,
            ])
    }

    @Test(arguments: 0..<8)
    func nobodyIsPassedByWhoComesLaterThanTheBoundAndGuaranteesFit(seed: Int) throws {
        var random = Seeded(UInt64(seed))
        let queue = AdmissionQueue(
            ageing: 600, runningMax: 6, capacity: Amounts(cpu: 4_000, memory: 4_096))
        var waiting: [AdmissionQueue.Entry] = []
        // Since when somebody is the next to start, whoever else comes.
        var nextSince: [ProjectName: Int64] = [:]
        var running: [(entry: AdmissionQueue.Entry, end: Int64)] = []
        var now: Int64 = 0
        var serial = 0
        var longest: Int64 = 0
        for _ in 0..<15_000 {
            now += Int64(random.below(Int(Self.pauseMax)))
            running.removeAll { $0.end <= now }
            if waiting.count < 30, random.oneIn(2) {
                serial += 1
                let entry = AdmissionQueue.Entry(
                    project: try ProjectName("p\(serial)"),
                    priority: random.pick(Priority.allCases),
                    arrival: now,
                    guarantee: Amounts(
                        cpu: Double(random.below(4_001)), memory: Double(random.below(4_097))))
                waiting.append(entry)
            }
            let kept = running.map(\.entry.guarantee)
            if let first = queue.order(waiting).first, now - first.arrival >= queue.bound,
                nextSince[first.project] == nil
            {
                nextSince[first.project] = now
            }
            for (entry, verdict) in queue.decide(waiting, running: kept, now: now)
            where verdict == .runs {
                waiting.removeAll { $0.project == entry.project }
                running.append((entry, now + 1 + Int64(random.below(Int(Self.runMax)))))
                longest = max(longest, now - entry.arrival)
                if let since = nextSince[entry.project] {
                    try #require(now - since <= Self.runMax + Self.pauseMax)
                }
                for other in waiting {
                    try #require(entry.arrival - other.arrival <= queue.bound)
                }
            }
            try #require(running.count <= queue.runningMax)
            for resource in [Resource.cpu, .memory] {
                let sum = running.reduce(0) { $0 + $1.entry.guarantee[resource] }
                try #require(sum <= queue.capacity[resource])
            }
        }
        #expect(serial > 1_000)
        #expect(!nextSince.isEmpty)
        // With so much coming somebody waited past the bound, or nothing was tested.
        #expect(longest > queue.bound)
    }
}
