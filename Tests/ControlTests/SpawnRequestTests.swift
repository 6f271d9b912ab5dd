import Testbed
import Testing

@testable import Control

/// A request goes from the launcher to init as bytes; what init reads must be what was meant, or
/// nothing.
struct SpawnRequestTests {
    @Test func whatIsReadIsWhatWasWritten() throws {
        var seeded = Seeded(1)
        for _ in 0..<400 {
            let request = seeded.spawnRequest()
            let bytes = request.encoded()
            let layout = try #require(SpawnLayout(bytes))
            #expect(layout.user == request.user)
            #expect(layout.group == request.group)
            #expect(layout.capabilities == request.capabilities)
            #expect(layout.terminal == request.terminal)
            #expect(layout.lingers == request.lingers)
            #expect(layout.resourceLimits == request.resourceLimits)
            let filter = bytes[layout.filterOffset..<(layout.filterOffset + layout.filterLength)]
            #expect(Array(filter) == request.filter)
            #expect(string(at: layout.directory, in: bytes) == request.directory)
            #expect(strings(at: layout.candidates, in: bytes) == request.candidates)
            #expect(strings(at: layout.arguments, in: bytes) == request.arguments)
            #expect(strings(at: layout.environment, in: bytes) == request.environment)
            #expect(strings(at: layout.writable, in: bytes) == request.writable)
            #expect(layout.logFields == request.logFields)
            #expect(layout.notify == request.notify)
        }
    }

    @Test func aRequestCutShortAnywhereIsNone() {
        let bytes = small.encoded()
        for length in 0..<bytes.count { #expect(SpawnLayout(Array(bytes[..<length])) == nil) }
        #expect(SpawnLayout(bytes) != nil)
    }

    @Test func aRequestWithSomethingBehindItIsNone() {
        #expect(SpawnLayout(small.encoded() + [0]) == nil)
    }

    @Test func aRequestWithAFlippedBitIsNoneOrStillLiesWithinItsBytes() {
        var seeded = Seeded(2)
        for _ in 0..<3 {
            let bytes = seeded.spawnRequest().encoded()
            for bit in 0..<(bytes.count * 8) {
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                if let layout = SpawnLayout(changed), !isWithin(layout, changed) {
                    Issue.record("bit \(bit) of \(bytes)")
                }
            }
        }
    }

    @Test func arbitraryBytesBehindTheRightBeginningNeverTrap() {
        var seeded = Seeded(3)
        let beginning = Array(small.encoded()[..<4])
        for _ in 0..<20_000 {
            var bytes = beginning
            for _ in 0..<Int.random(in: 0...120, using: &seeded) {
                // Small numbers, which as counts and lengths lead furthest.
                let isSmall = Int.random(in: 0..<4, using: &seeded) > 0
                bytes.append(isSmall ? 0 : .random(in: 0...255, using: &seeded))
            }
            if let layout = SpawnLayout(bytes), !isWithin(layout, bytes) {
                Issue.record("\(bytes)")
            }
        }
    }

    @Test func eachRuleOfARequestIsKept() {
        func accepts(_ change: (inout SpawnRequest) -> Void) -> Bool {
            var request = small
            change(&request)
            return SpawnLayout(request.encoded()) != nil
        }
        #expect(accepts { _ in })
        // PATH may be empty: then the command is not found, and init says so.
        #expect(accepts { $0.candidates = [] })
        #expect(accepts { $0.directory = [] })
        #expect(accepts { $0.filter = Array(repeating: 6, count: 4_096 * 8) })
        #expect(!accepts { $0.filter = Array(repeating: 6, count: 4_097 * 8) })
        #expect(!accepts { $0.filter = [] })
        #expect(!accepts { $0.filter = Array(repeating: 6, count: 12) })
        #expect(!accepts { $0.arguments = [] })
        #expect(!accepts { $0.directory = [47, 0, 47] })
        #expect(!accepts { $0.arguments = [[97, 0]] })
        #expect(!accepts { $0.environment = [[0]] })
        // Another field or a line must be able to follow.
        #expect(accepts { $0.logFields = Array("A=1\nB=2\n".utf8) })
        #expect(!accepts { $0.logFields = Array("A=1".utf8) })
        #expect(accepts { $0.logFields = Array(repeating: 10, count: 2_048) })
        #expect(!accepts { $0.logFields = Array(repeating: 10, count: 2_049) })
        let limit = SpawnRequest.Limit(resource: 7, soft: 1, hard: 2)
        #expect(accepts { $0.resourceLimits = Array(repeating: limit, count: 16) })
        #expect(!accepts { $0.resourceLimits = Array(repeating: limit, count: 17) })
    }

    @Test func unknownFlagsAndImpossibleWindowSizesAreRefused() {
        func accepts(word: Int, _ value: UInt32) -> Bool {
            var bytes = small.encoded()
            for index in 0..<4 {
                bytes[word * 4 + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
            }
            return SpawnLayout(bytes) != nil
        }
        #expect(accepts(word: 3, 7))
        #expect(!accepts(word: 3, 16))
        #expect(accepts(word: 4, 65_535))
        #expect(!accepts(word: 4, 65_536))
        #expect(!accepts(word: 5, 65_536))
        #expect(!accepts(word: 0, 0x31_48_4B_42))
    }

    @Test func aCountThatNoMessageCouldHoldIsRefusedBeforeAnythingIsReserved() {
        var bytes = small.encoded()
        // The last list is the writable paths: one of them, `/tmp`. Its count is before it, and the
        // length of the log's fields behind.
        let count = bytes.count - 4 - 4 - 5 - 4
        #expect(Array(bytes[count..<(count + 4)]) == [1, 0, 0, 0])
        for index in 0..<4 { bytes[count + index] = 0xFF }
        #expect(SpawnLayout(bytes) == nil)
    }

    private let small = SpawnRequest(
        user: 1_000, group: 1_000, capabilities: 0, terminal: nil, resourceLimits: [],
        directory: Array("/srv".utf8), candidates: [Array("/bin/true".utf8)],
        arguments: [Array("true".utf8)], environment: [Array("A=1".utf8)],
        filter: [6, 0, 0, 0, 0, 0, 255, 127], writable: [Array("/tmp".utf8)], lingers: false)

    /// The bytes from an offset to the NUL, as C would read them.
    private func string(at offset: Int, in bytes: [UInt8]) -> [UInt8] {
        Array(bytes[offset...].prefix { $0 != 0 })
    }

    private func strings(at offsets: [Int], in bytes: [UInt8]) -> [[UInt8]] {
        offsets.map { string(at: $0, in: bytes) }
    }

    /// Whether everything in a layout lies within the bytes, and each string ends there.
    private func isWithin(_ layout: SpawnLayout, _ bytes: [UInt8]) -> Bool {
        if layout.filterLength <= 0 || layout.filterLength % 8 != 0 { return false }
        if layout.filterOffset < 0 || layout.filterOffset + layout.filterLength > bytes.count {
            return false
        }
        let lists = [layout.candidates, layout.arguments, layout.environment, layout.writable]
        return !layout.arguments.isEmpty
            && ([layout.directory] + lists.flatMap(\.self)).allSatisfy {
                bytes.indices.contains($0) && bytes[$0...].contains(0)
            }
    }
}
