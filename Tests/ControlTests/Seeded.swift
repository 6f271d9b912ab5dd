import Control
import Testbed

/// Random messages.
extension Seeded {
    /// Bytes without a NUL, as many as `count` allows.
    mutating func string(_ count: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: count, using: &self)).map { _ in
            UInt8.random(in: 1...255, using: &self)
        }
    }

    mutating func strings(_ count: ClosedRange<Int>) -> [[UInt8]] {
        (0..<Int.random(in: count, using: &self)).map { _ in string(0...40) }
    }

    mutating func spawnRequest() -> SpawnRequest {
        SpawnRequest(
            user: .random(in: 0...UInt32.max, using: &self),
            group: .random(in: 0...UInt32.max, using: &self),
            capabilities: next(),
            terminal: Bool.random(using: &self)
                ? .init(
                    rows: .random(in: 0...UInt16.max, using: &self),
                    columns: .random(in: 0...UInt16.max, using: &self)) : nil,
            resourceLimits: (0..<Int.random(in: 0...16, using: &self)).map { _ in
                .init(resource: UInt32(truncatingIfNeeded: next()), soft: next(), hard: next())
            },
            directory: string(0...80), candidates: strings(0...5), arguments: strings(1...6),
            environment: strings(0...6),
            filter: (0..<8 * Int.random(in: 1...30, using: &self)).map { _ in
                UInt8.random(in: 0...255, using: &self)
            },
            writable: strings(0...4), lingers: .random(using: &self),
            logFields: Bool.random(using: &self) ? string(0...80) + [10] : [],
            notify: .random(using: &self))
    }

    mutating func initMessage() -> InitMessage {
        let pid = UInt32(truncatingIfNeeded: next())
        let run = next()
        let notifications = Notifications(rawValue: .random(in: 1...7, using: &self))
        switch Int.random(in: 0...19, using: &self) {
        case 0:
            return .spawn(
                run: run, [.request, SpawnDescriptors(rawValue: .random(in: 0...31, using: &self))])
        case 1: return .signalAll(.random(in: 1...64, using: &self))
        case 2: return .started(run: run, pid: pid)
        case 3:
            return .notStarted(
                run: run, SpawnStage.allCases.randomElement(using: &self)!,
                errno: Int32(truncatingIfNeeded: next()))
        case 4: return .casualty(run: run, pid: pid, name: string(0...15))
        case 5:
            return .hold(
                LogBudget(
                    linesPerSecond: .random(in: 1...1_000_000, using: &self),
                    burst: .random(in: 1...1_000_000, using: &self))!,
                capabilities: next(), HoldDescriptors(rawValue: .random(in: 0...3, using: &self)))
        case 6: return .signal(.random(in: 1...64, using: &self), run: run)
        case 7: return .acknowledge(run: run)
        case 8: return .report
        case 9: return .attach(.random(using: &self), run: run)
        case 10: return .notified(run: run, notifications)
        case 11: return .running(run: run, pid: pid, notifications.subtracting(.ready))
        case 12: return .reported(count: .random(in: 0...4_096, using: &self))
        case 13: return .terminal(run: run)
        case 14: return .journalLost
        case 16: return .said(run: run, string(0...2_048))
        case 17: return .suppressed(run: run, count: next())
        case 19:
            return .notice(
                PreemptionNotice(rawValue: .random(in: 0...3, using: &self))!, run: run)
        case 18: return .hinted(run: run, Hints(rawValue: .random(in: 1...3, using: &self)))
        default:
            let signalled = Bool.random(using: &self)
            return .ended(
                run: run,
                .init(
                    pid: pid, signalled: signalled,
                    status: .random(in: signalled ? 1...64 : 0...255, using: &self),
                    userTime: next(), systemTime: next(), name: string(0...15)))
        }
    }
}
