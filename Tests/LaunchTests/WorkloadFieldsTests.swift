import Plan
import Testing

@testable import Launch

struct WorkloadFieldsTests {
    @Test func theFieldsOfAWorkloadAreAPlainPrefix() throws {
        let fields = workloadFields(
            project: try ProjectName("shop"), workload: try WorkloadName("web"),
            run: RunID(rawValue: UInt64.max))
        #expect(
            String(decoding: fields, as: UTF8.self) == """
                PRIORITY=6
                SYSLOG_IDENTIFIER=shop/web
                BULKHEAD_PROJECT=shop
                BULKHEAD_WORKLOAD=web
                BULKHEAD_RUN=18446744073709551615

                """)
    }
}
