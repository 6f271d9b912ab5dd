import Testbed
import Testing

@testable import Control

struct InitMessageTests {
    @Test func whatIsReadIsWhatWasSent() {
        var seeded = Seeded(4)
        for _ in 0..<5_000 {
            let message = seeded.initMessage()
            let bytes = message.encoded()
            if InitMessage(bytes) != message { Issue.record("\(message)") }
            if bytes.count > InitMessage.lengthMax { Issue.record("\(message) is long") }
        }
    }

    @Test func everyMessageIsInitsOwnWordAndNoOther() {
        // Read one way only: what decodes encodes to the same bytes.
        var seeded = Seeded(5)
        for _ in 0..<50_000 {
            var bytes = seeded.initMessage().encoded()
            for _ in 0..<Int.random(in: 1...3, using: &seeded) {
                let index = Int.random(in: 0..<bytes.count, using: &seeded)
                bytes[index] = .random(in: 0...255, using: &seeded)
            }
            if let message = InitMessage(bytes), message.encoded() != bytes {
                Issue.record("\(bytes) and \(message.encoded()) mean the same")
            }
        }
    }

    @Test func noMessageIsHiddenInALongerOrShorterOne() throws {
        // Names are what is left of a packet, so these two have no other end than the packet's.
        let budget = try #require(LogBudget(linesPerSecond: 300, burst: 1_000))
        for message in [
            InitMessage.spawn(run: 7, [.request, .error]), .signalAll(15), .started(run: 7, pid: 7),
            .notStarted(run: 7, .execute, errno: 2), .hold(budget, capabilities: 1, .journal),
            .signal(15, run: 7), .acknowledge(run: 7), .report, .attach(true, run: 7),
            .notice(.freeze, run: 7),
            .notified(run: 7, .ready), .running(run: 7, pid: 7, []), .reported(count: 7),
            .terminal(run: 7), .journalLost, .suppressed(run: 7, count: 9),
            .hinted(run: 7, [.descriptors, .space]),
        ] {
            #expect(InitMessage(message.encoded()) == message)
            #expect(InitMessage(message.encoded() + [0]) == nil)
            #expect(InitMessage(Array(message.encoded().dropLast())) == nil)
        }
        let casualty = InitMessage.casualty(run: 7, pid: 7, name: [])
        #expect(InitMessage(Array(casualty.encoded().dropLast())) == nil)
        let ended = InitMessage.ended(
            run: 7,
            .init(pid: 7, signalled: true, status: 9, userTime: 1, systemTime: 2, name: []))
        for length in 0..<ended.encoded().count {
            #expect(InitMessage(Array(ended.encoded()[..<length])) == nil)
        }
    }

    @Test func nothingAndUnknownKindsAreNoMessage() {
        #expect(InitMessage([]) == nil)
        #expect(InitMessage([0]) == nil)
        #expect(InitMessage([10]) == .report)
        for kind in UInt8(17)...255 { #expect(InitMessage([kind]) == nil) }
    }

    @Test func aSignalIsOneThatThereIs() {
        for (number, isOne) in [(UInt8(0), false), (1, true), (64, true), (65, false)] {
            #expect((InitMessage([2, number]) == .signalAll(number)) == isOne)
            let one = InitMessage([8, number, 5, 0, 0, 0, 0, 0, 0, 0])
            #expect((one == .signal(number, run: 5)) == isOne)
        }
    }

    @Test func anEndBySignalNamesOneThatThereIs() {
        func ended(_ signalled: UInt8, _ status: UInt8) -> InitMessage? {
            InitMessage([6, signalled, status] + [UInt8](repeating: 0, count: 28))
        }
        #expect(ended(1, 9) != nil)
        #expect(ended(1, 0) == nil)
        #expect(ended(1, 65) == nil)
        // An exit status may be any byte.
        #expect(ended(0, 0) != nil && ended(0, 255) != nil)
        #expect(ended(2, 9) == nil)
    }

    @Test func aStageIsOneThatThereIs() {
        func refused(_ stage: UInt8) -> InitMessage? {
            InitMessage([4, stage, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0])
        }
        #expect(refused(0) == nil)
        #expect(refused(15) == .notStarted(run: 1, .execute, errno: 2))
        #expect(refused(19) == .notStarted(run: 1, .standardStreams, errno: 2))
        #expect(refused(20) == nil)
    }

    @Test func descriptorsAndNotificationsAreThoseThatThereAre() {
        let run: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
        #expect(InitMessage([1, 31] + run) != nil)
        #expect(InitMessage([1, 32] + run) == nil)
        // Nothing is started without a request.
        #expect(InitMessage([1, 30] + run) == nil)
        #expect(InitMessage([12, 7] + run) == .notified(run: 1, [.ready, .watchdog, .stopping]))
        #expect(InitMessage([12, 8] + run) == nil)
        // Nothing was said, so there is nothing to tell.
        #expect(InitMessage([12, 0] + run) == nil)
        #expect(InitMessage([13, 0] + run + [9, 0, 0, 0]) == .running(run: 1, pid: 9, []))
        #expect(InitMessage([13, 8] + run + [9, 0, 0, 0]) == nil)
        #expect(InitMessage([11, 1] + run) == .attach(true, run: 1))
        #expect(InitMessage([11, 2] + run) == nil)
        #expect(InitMessage([20, 3] + run) == .notice(.stop, run: 1))
        #expect(InitMessage([20, 4] + run) == nil)
    }

    @Test func everyBitThatIsSaidIsOneDescriptor() {
        #expect(SpawnDescriptors(exactly: 31)?.count == InitMessage.descriptorsMax)
        #expect(SpawnDescriptors([.request, .cgroup, .error]).count == 3)
        #expect(HoldDescriptors([.lease, .journal]).count == 2)
        #expect(HoldDescriptors(exactly: 3) == [.lease, .journal])
        #expect(HoldDescriptors(exactly: 4) == nil)
    }

    @Test func aHoldHasARateThatInitCanKeep() {
        func hold(_ rate: [UInt8], _ burst: [UInt8], flags: UInt8 = 3) -> InitMessage? {
            InitMessage([7, flags] + rate + burst + [UInt8](repeating: 255, count: 8))
        }
        let million: [UInt8] = [0x40, 0x42, 0x0F, 0]
        #expect(hold([1, 0, 0, 0], million) != nil)
        #expect(hold(million, [1, 0, 0, 0], flags: 0) != nil)
        #expect(hold([0, 0, 0, 0], million) == nil)
        #expect(hold(million, [0, 0, 0, 0]) == nil)
        #expect(hold([0x41, 0x42, 0x0F, 0], million) == nil)
        #expect(hold(million, [0x41, 0x42, 0x0F, 0]) == nil)
        #expect(hold(million, million, flags: 4) == nil)
        #expect(LogBudget(linesPerSecond: 0, burst: 1) == nil)
    }

    @Test func aReportHasNoMoreRunsThanInitRemembers() {
        #expect(InitMessage([14, 0, 16, 0, 0]) == .reported(count: 4_096))
        #expect(InitMessage([14, 1, 16, 0, 0]) == nil)
    }

    @Test func aNameIsNoLongerThanTheKernels() {
        let name = [UInt8](repeating: 97, count: 16)
        let fixed = [UInt8](repeating: 0, count: 12)
        #expect(InitMessage([5] + fixed + name) == nil)
        #expect(InitMessage([5] + fixed + name.dropLast()) != nil)
        // Ours are cut and not refused: the kernel's are never longer.
        let cut = InitMessage.casualty(run: 0, pid: 1, name: name).encoded()
        #expect(cut.count == 13 + 15)
    }

    @Test func theLongestMessageFitsIntoThePacketThatIsRead() {
        let name = [UInt8](repeating: 97, count: 15)
        let longest = InitMessage.ended(
            run: .max,
            .init(
                pid: .max, signalled: false, status: 255, userTime: .max, systemTime: .max,
                name: name))
        #expect(longest.encoded().count == 46)
        #expect(InitMessage.lengthMax >= 46)
        let said = InitMessage.said(run: .max, [UInt8](repeating: 97, count: 5_000))
        #expect(said.encoded().count == 9 + InitMessage.saidMax)
        #expect(InitMessage.lengthMax >= said.encoded().count)
        #expect(InitMessage(said.encoded() + [97]) == nil)
    }

    @Test func theStagesHaveTheNumbersOfInitsOtherHalf() {
        // Sources/bulkhead-init/workload.c, enum stage.
        #expect(SpawnStage.fork.rawValue == 3)
        #expect(SpawnStage.execute.rawValue == 15)
        #expect(SpawnStage.standardStreams.rawValue == 19)
        #expect(SpawnStage.allCases.map(\.rawValue) == Array(1...19))
    }
}
