import Plan
import Testing

@Suite("Binary search")
struct BinarySearchTests {
    /// As counting from the front finds it, of every array of up to six of four values and every limit.
    @Test func theFirstThatIsNotBefore() {
        for count in 0..<7 {
            for bits in 0..<(1 << (2 * count)) {
                let values = (0..<count).map { bits >> (2 * $0) & 3 }.sorted()
                for wanted in 0..<5 {
                    #expect(
                        values.lowerBound { $0 < wanted }
                            == values.prefix { $0 < wanted }.count)
                }
            }
        }
    }
}
