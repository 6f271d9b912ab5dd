import Syscalls
import Testing
@testable import VarlinkWire

struct FrameDecoderTests {
    private func drain(_ decoder: inout FrameDecoder) throws -> [(String, [PassedDescriptor])] {
        var frames: [(String, [PassedDescriptor])] = []
        while let frame = try decoder.next() {
            frames.append((String(decoding: frame.bytes, as: UTF8.self), frame.descriptors))
        }
        return frames
    }

    @Test func messagesAreTheSameWhereverTheStreamIsCut() throws {
        let stream = Array("one\0\0three three\0four\0rest".utf8)
        for first in 0...stream.count {
            for second in first...stream.count {
                var decoder = FrameDecoder(messageMax: 100, descriptorsMax: 5)
                var found: [String] = []
                for piece in [stream[..<first], stream[first..<second], stream[second...]] {
                    decoder.append(Array(piece))
                    found += try drain(&decoder).map(\.0)
                }
                if found != ["one", "", "three three", "four"] || decoder.count != 4 {
                    Issue.record("cut at \(first) and \(second): \(found)")
                }
            }
        }
    }

    @Test func aMessageMayBeAsLongAsTheBoundAndNoLonger() throws {
        var decoder = FrameDecoder(messageMax: 10, descriptorsMax: 5)
        decoder.append(Array("0123456789\0".utf8))
        #expect(try drain(&decoder).map(\.0) == ["0123456789"])
        decoder.append(Array("0123456789a\0".utf8))
        #expect(throws: FrameDecoder.TooLong(max: 10)) { try decoder.next() }
    }

    @Test func whatIsTooLongIsToldBeforeItsEnd() throws {
        var decoder = FrameDecoder(messageMax: 10, descriptorsMax: 5)
        decoder.append(Array("a\0".utf8) + [UInt8](repeating: 97, count: 10))
        #expect(try drain(&decoder).map(\.0) == ["a"])
        decoder.append([97])
        #expect(throws: FrameDecoder.TooLong(max: 10)) { try decoder.next() }
    }

    /// Some descriptor.
    private func descriptor() throws -> PassedDescriptor {
        PassedDescriptor(try open("/dev/null"))
    }

    @Test func aDescriptorGoesToTheMessageThatThePieceEndsIn() throws {
        var decoder = FrameDecoder(messageMax: 100, descriptorsMax: 5)
        let sent = try (0..<4).map { _ in try descriptor() }
        decoder.append(Array("a\0b\0".utf8), with: [sent[0], sent[1]])
        decoder.append(Array("c\0d".utf8), with: [sent[2]])
        decoder.append(Array("d\0".utf8))
        decoder.append(Array("e".utf8))
        decoder.append(Array("e\0".utf8), with: [sent[3]])
        decoder.append(Array("f\0".utf8))
        let frames = try drain(&decoder)
        #expect(frames.map(\.0) == ["a", "b", "c", "dd", "ee", "f"])
        let numbers = sent.map(\.number)
        #expect(
            frames.map { $0.1.map(\.number) }
                == [[], [numbers[0], numbers[1]], [], [numbers[2]], [numbers[3]], []])
    }

    @Test func descriptorsBeyondTheBoundAreClosedAtOnceAlsoOfAMessageThatNeverEnds() throws {
        var decoder = FrameDecoder(messageMax: 100, descriptorsMax: 2)
        weak var first: PassedDescriptor?
        weak var last: PassedDescriptor?
        for index in 0..<5 {
            let descriptor = try descriptor()
            if index == 0 { first = descriptor }
            if index == 4 { last = descriptor }
            decoder.append([97], with: [descriptor])
            #expect(try decoder.next() == nil)
        }
        #expect(first != nil && last == nil)
        decoder.append([0])
        #expect(try decoder.next()?.descriptors.count == 2)
        #expect(first == nil)
    }

    @Test func manyShortMessagesAndOneLongTakeTimeInProportion() throws {
        var decoder = FrameDecoder(messageMax: 1 << 20, descriptorsMax: 5)
        // A quadratic search would look at 10^11 bytes here.
        for _ in 0..<(1 << 20) / 2 { decoder.append([97, 97]); #expect(try decoder.next() == nil) }
        decoder.append([0])
        #expect(try decoder.next()?.bytes.count == 1 << 20)
        decoder.append([UInt8](repeating: 0, count: 200_000))
        #expect(try drain(&decoder).count == 200_000)
        decoder.shrink(to: 1_024)
        #expect(decoder.count == 0)
    }
}
