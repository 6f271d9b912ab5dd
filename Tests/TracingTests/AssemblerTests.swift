import Testing

@testable import Tracing

@Suite struct AssemblerTests {
    @Test func instructionsAreSpelledAsTheKernelReadsThem() {
        var code = Assembler()
        code.load(.r6, .r1, 112)
        code.move(.r2, -4)
        code.moveMap(.r1, 7)
        code.addAtomically(.r0, 8, .r1)
        code.call(.lookUp)
        code.finish()
        #expect(
            code.instructions == [
                0x0000_0000_0070_1679, 0xffff_fffc_0000_02b7, 0x0000_0007_0000_1118, 0,
                0x0000_0000_0008_10db, 0x0000_0001_0000_0085, 0x0000_0000_0000_00b7,
                0x0000_0000_0000_0095,
            ])
    }

    @Test func aJumpSkipsWhatIsBetween() {
        var code = Assembler()
        let end = code.label()
        code.jump(to: end, if: .r0, equals: 0)
        code.move(.r1, 1)
        code.move(.r1, 2)
        code.place(end)
        code.finish()
        #expect(code.instructions[0] == 0x0000_0000_0002_0015)
    }

    @Test func aNumberOf64BitsTakesTwoInstructions() {
        var code = Assembler()
        code.moveWide(.r8, 0x1122_3344_5566_7788)
        #expect(code.instructions == [0x5566_7788_0000_0818, 0x1122_3344_0000_0000])
    }

    @Test func aDenialIsReadFromTheBytesOfTheTable() {
        let key = bytes(77) + bytes(101, count: 4) + bytes(0x50001, count: 4)
        let value =
            bytes(3) + bytes(4_242) + Array("python3".utf8) + [UInt8](repeating: 0, count: 9)
        #expect(
            Denial(key: key, value: value)
                == Denial(
                    .init(cgroup: 77, call: 101, action: 0x50001), count: 3, pid: 4_242,
                    command: "python3"))
        let none = bytes(77) + bytes(0xffff_ffff, count: 4) + bytes(0, count: 4)
        #expect(Denial(key: none, value: value).key.call == nil)
    }

    @Test(arguments: [("0-3,6\n", [0, 1, 2, 3, 6]), ("0", [0]), ("x,2-1,9999999", [])])
    func processorsAreReadFromTheKernelsList(_ list: String, _ expected: [Int]) {
        #expect(numbers(inList: list) == expected)
    }
}
