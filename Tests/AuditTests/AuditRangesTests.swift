import Audit
import Testing

struct AuditRangesTests {
    @Test(arguments: [
        ([], []), ([4], ["4"]), ([4, 6], ["4, 6"]), ([5, 6, 7, 12], ["5-7, 12"]),
        ([1, 2, 3, 10, 12, 13], ["1-3, 10", "12-13"]),
        ([1_000_000, 1_000_001], ["1000000-1000001"]),
    ])
    func textsNameTheNumbersAndAreNotTooLong(numbers: [UInt64], texts: [String]) {
        let made = AuditRanges.texts(of: numbers, bytesMax: 8)
        #expect(made.map(\.text) == texts)
        #expect(made.reduce(0) { $0 + $1.count } == numbers.count)
    }

    @Test func whatIsWrittenIsRead() {
        for modulus in 2...9 {
            var number: UInt64 = 900_000_000_000
            let numbers = (0..<4_000).map { index in
                number += index % modulus == 0 ? 2 : 1
                return number
            }
            let texts = AuditRanges.texts(of: numbers)
            #expect(texts.count > 1)
            #expect(texts.allSatisfy { $0.text.utf8.count <= AuditRanges.textBytesMax })
            let read = texts.flatMap { AuditRanges.parse(Array($0.text.utf8)[...]) ?? [] }
            #expect(read.flatMap { Array($0) } == numbers)
        }
    }

    @Test(arguments: [
        "", "-", "4-", "-4", "4,5", "4, ", ", 4", "4  5", "7-5", "x", "4-5-6", "+4", " 4",
        "1000000000000000000", String(repeating: "9, ", count: 2_000) + "9",
    ])
    func whatIsNoListIsNone(text: String) {
        #expect(AuditRanges.parse(Array(text.utf8)[...]) == nil)
    }
}
