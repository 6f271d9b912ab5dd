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

    @Test func noMessageIsHiddenInALongerOrShorterOne() {
        // Names are what is left of a packet, so these two have no other end than the packet's.
        for message in [
            InitMessage.spawn, .signal(15), .started(pid: 7), .notStarted(.execute, errno: 2),
        ] {
            #expect(InitMessage(message.encoded() + [0]) == nil)
            #expect(InitMessage(Array(message.encoded().dropLast())) == nil)
        }
        let casualty = InitMessage.casualty(pid: 7, name: [])
        #expect(InitMessage(Array(casualty.encoded().dropLast())) == nil)
        let ended = InitMessage.ended(
            .init(pid: 7, signalled: true, status: 9, userTime: 1, systemTime: 2, name: []))
        for length in 0..<ended.encoded().count {
            #expect(InitMessage(Array(ended.encoded()[..<length])) == nil)
        }
    }

    @Test func nothingAndUnknownKindsAreNoMessage() {
        #expect(InitMessage([]) == nil)
        #expect(InitMessage([0]) == nil)
        for kind in UInt8(7)...255 { #expect(InitMessage([kind]) == nil) }
    }

    @Test func aSignalIsOneThatThereIs() {
        #expect(InitMessage([2, 0]) == nil)
        #expect(InitMessage([2, 1]) == .signal(1))
        #expect(InitMessage([2, 64]) == .signal(64))
        #expect(InitMessage([2, 65]) == nil)
    }

    @Test func anEndBySignalNamesOneThatThereIs() {
        func ended(_ signalled: UInt8, _ status: UInt8) -> InitMessage? {
            InitMessage([6, signalled, status] + [UInt8](repeating: 0, count: 20))
        }
        #expect(ended(1, 9) != nil)
        #expect(ended(1, 0) == nil)
        #expect(ended(1, 65) == nil)
        // An exit status may be any byte.
        #expect(ended(0, 0) != nil && ended(0, 255) != nil)
        #expect(ended(2, 9) == nil)
    }

    @Test func aStageIsOneThatThereIs() {
        #expect(InitMessage([4, 0, 2, 0, 0, 0]) == nil)
        #expect(InitMessage([4, 15, 2, 0, 0, 0]) == .notStarted(.execute, errno: 2))
        #expect(InitMessage([4, 16, 2, 0, 0, 0]) == nil)
    }

    @Test func aNameIsNoLongerThanTheKernels() {
        let name = [UInt8](repeating: 97, count: 16)
        #expect(InitMessage([5, 1, 0, 0, 0] + name) == nil)
        #expect(InitMessage([5, 1, 0, 0, 0] + name.dropLast()) != nil)
        // Ours are cut and not refused: the kernel's are never longer.
        let cut = InitMessage.casualty(pid: 1, name: name).encoded()
        #expect(cut.count == 5 + 15)
    }

    @Test func theLongestMessageFitsIntoThePacketThatIsRead() {
        let name = [UInt8](repeating: 97, count: 15)
        let longest = InitMessage.ended(
            .init(
                pid: .max, signalled: false, status: 255, userTime: .max, systemTime: .max,
                name: name))
        #expect(longest.encoded().count == 38)
        #expect(InitMessage.lengthMax >= 38)
    }

    @Test func theStagesHaveTheNumbersOfInitsOtherHalf() {
        // Sources/bulkhead-init/workload.c, enum stage.
        #expect(SpawnStage.fork.rawValue == 3)
        #expect(SpawnStage.execute.rawValue == 15)
        #expect(SpawnStage.allCases.map(\.rawValue) == Array(1...15))
    }
}
