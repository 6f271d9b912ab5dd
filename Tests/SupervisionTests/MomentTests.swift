import Supervision
import Testing

@Suite struct MomentTests {
    @Test func earlierMomentsAreLess() {
        #expect(Moment(microseconds: 1) < Moment(microseconds: 2))
    }
}
