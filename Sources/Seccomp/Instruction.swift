/// One instruction of classic BPF: struct sock_filter of linux/filter.h.
struct Instruction: Hashable {
    var code: UInt16
    var ifTrue: UInt8
    var ifFalse: UInt8
    var constant: UInt32

    static func load(_ offset: UInt32) -> Instruction { .init(0x20, 0, 0, offset) }
    static func and(_ mask: UInt32) -> Instruction { .init(0x54, 0, 0, mask) }
    static func jump(_ count: UInt32) -> Instruction { .init(0x05, 0, 0, count) }
    static func jumpIfEqual(_ value: UInt32, then: UInt8, else: UInt8) -> Instruction {
        .init(0x15, then, `else`, value)
    }
    static func jumpIfGreater(_ value: UInt32, then: UInt8, else: UInt8) -> Instruction {
        .init(0x25, then, `else`, value)
    }
    static func jumpIfAtLeast(_ value: UInt32, then: UInt8, else: UInt8) -> Instruction {
        .init(0x35, then, `else`, value)
    }
    static func `return`(_ value: UInt32) -> Instruction { .init(0x06, 0, 0, value) }

    init(_ code: UInt16, _ ifTrue: UInt8, _ ifFalse: UInt8, _ constant: UInt32) {
        self.code = code
        self.ifTrue = ifTrue
        self.ifFalse = ifFalse
        self.constant = constant
    }

    /// Bytes of one instruction.
    static let size = 8

    /// From the bytes as the kernel takes them; x86-64 is little-endian.
    static func decode(_ bytes: [UInt8]) -> [Instruction] {
        stride(from: 0, to: bytes.count - bytes.count % size, by: size).map { start in
            let constant = (0..<4).reduce(UInt32(0)) { value, index in
                value | UInt32(bytes[start + 4 + index]) << (8 * index)
            }
            return Instruction(
                UInt16(bytes[start]) | UInt16(bytes[start + 1]) << 8, bytes[start + 2],
                bytes[start + 3], constant)
        }
    }

    static func encode(_ instructions: [Instruction]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(instructions.count * size)
        for instruction in instructions {
            bytes.append(UInt8(truncatingIfNeeded: instruction.code))
            bytes.append(UInt8(truncatingIfNeeded: instruction.code >> 8))
            bytes.append(instruction.ifTrue)
            bytes.append(instruction.ifFalse)
            for shift in stride(from: 0, to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: instruction.constant >> shift))
            }
        }
        return bytes
    }
}
