import Syscalls
import Testing

@testable import Tracing

@Suite struct DenialProgramTests {
    private let scope: KernelTable
    private let denials: KernelTable
    private let kinds: KernelTable

    init() throws {
        scope = try KernelTable(.array, keySize: 4, valueSize: 8, entries: 2)
        denials = try KernelTable(.hash, keySize: 16, valueSize: 32, entries: 4_096)
        kinds = try KernelTable(.hash, keySize: 8, valueSize: 8, entries: 4_096)
    }

    /// The kernel checks a program when it is loaded: one that it refuses fails here.
    @Test func theKernelTakesTheProgram() throws {
        _ = try KernelProgram(
            .event,
            DenialProgram.instructions(
                scope: scope.number, denials: denials.number, kinds: kinds.number))
    }

    /// Counts calls as if each were denied, while `body` runs, and reads what was counted.
    ///
    /// - Parameters:
    ///   - shift: what the number of each call is larger by.
    ///   - table: where it is counted; nil: where there is room.
    private func count(
        kindsMax: Int32 = DenialProgram.kindsMax, shift: Int32 = 0, in table: KernelTable? = nil,
        _ body: () throws -> Void
    ) throws -> [Denial] {
        let denials = table ?? denials
        let program = try KernelProgram(
            .tracepoint,
            DenialProgram.instructions(
                scope: scope.number, denials: denials.number, kinds: kinds.number,
                kindsMax: kindsMax
            ) { code in
                // struct bpf_raw_tracepoint_args of sys_enter: the second is the call.
                code.load(.r6, .r1, 8)
                code.add(.r6, shift)
                code.move(.r7, 0x5_0000)
            })
        try program.attach(tracepoint: "sys_enter")
        try scope.set(bytes(0, count: 4), to: bytes(rootCgroup))
        try body()
        try scope.set(bytes(0, count: 4), to: bytes(0))
        program.detach()
        var result: [Denial] = []
        for key in try denials.keys(atMost: 4_096) {
            if let value = try denials.value(of: key) {
                result.append(Denial(key: key, value: value))
            }
        }
        return result
    }

    /// All of the machine is below it.
    private let rootCgroup: UInt64 = 1

    private func makeManyKinds() {
        for _ in 0..<50 {
            _ = try? FileStatus(path: "/")
            _ = try? Directory(opening: "/").names()
            _ = try? randomBytes(8)
            _ = try? readFile("/proc/self/stat")
            sleep(milliseconds: 0)
        }
    }

    @Test func noCgroupTakesMoreThanItsShareOfTheTable() throws {
        let found = try count(kindsMax: 3) { makeManyKinds() }
        var byCgroup: [UInt64: [Denial]] = [:]
        for denial in found { byCgroup[denial.key.cgroup, default: []].append(denial) }
        let crowded = byCgroup.values.filter { $0.contains { $0.key.call == Denial.others } }
        #expect(!crowded.isEmpty)
        // Several processors may find the last place free at once.
        let online = try readFile("/sys/devices/system/cpu/online")
        let most = 3 + numbers(inList: online).count
        for denials in byCgroup.values {
            #expect(denials.count { $0.key.call != Denial.others } <= most)
        }
        // None is lost: what has no entry of its own is counted with the others.
        #expect(try scope.value(of: bytes(1, count: 4)) == bytes(0))
        for cgroup in byCgroup.keys { #expect(try kinds.value(of: bytes(cgroup)) != nil) }
    }

    @Test func withRoomEachKindIsCountedByItself() throws {
        let found = try count { makeManyKinds() }
        #expect(found.count > 3)
        #expect(!found.contains { $0.key.call == Denial.others })
        #expect(found.contains { $0.count >= 50 })
    }

    @Test func whatHasNoRoomIsCounted() throws {
        let small = try KernelTable(.hash, keySize: 16, valueSize: 32, entries: 1)
        let found = try count(in: small) { makeManyKinds() }
        #expect(found.count == 1)
        let lost = try #require(try scope.value(of: bytes(1, count: 4)))
        #expect(number(lost, at: 0, bytes: 8) >= 50)
    }

    /// Else whoever is refused the same call again and again while there is no room would have no room of its
    /// own afterwards.
    @Test func whatFindsNoRoomCountsForNoKind() throws {
        let small = try KernelTable(.hash, keySize: 16, valueSize: 32, entries: 2)
        let found = try count(in: small) { makeManyKinds() }
        let lost = try #require(try scope.value(of: bytes(1, count: 4)))
        #expect(number(lost, at: 0, bytes: 8) > 50)
        var entries: [UInt64: UInt64] = [:]
        for denial in found { entries[denial.key.cgroup, default: 0] += 1 }
        #expect(!entries.isEmpty)
        for key in try kinds.keys(atMost: 4_096) {
            let counted = number(try #require(try kinds.value(of: key)), at: 0, bytes: 8)
            #expect(counted == entries[number(key, at: 0, bytes: 8), default: 0])
        }
    }

    @Test func callsThatDoNotExistAreOneKind() throws {
        let found = try count(shift: DenialProgram.callMax + 1) { makeManyKinds() }
        #expect(!found.isEmpty && found.allSatisfy { $0.key.call == nil })
    }

    @Test(arguments: [nil, Denial.others, 101])
    func aKeyIsSpelledAsItWasRead(_ call: Int32?) {
        let key = Denial.Key(cgroup: 1 << 40, call: call, action: 0x7ffc_0000)
        #expect(Denial(key: key.bytes, value: [UInt8](repeating: 0, count: 32)).key == key)
    }
}
